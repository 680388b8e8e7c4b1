//! What the hub and those that call it say to each other, version 1: requests, answers and problems. Both sides compile
//! the same types, so that neither can misread the other; the OpenAPI document is made of them.

pub mod alerts;
pub mod audit;
pub mod board;
pub mod bridge;
pub mod intake;
pub mod people;
pub mod problem;
pub mod route;
pub mod sync;
pub mod team;

use std::marker::PhantomData;

/// A `T` in JSON that was written without making the `T` first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// The JSON.
    pub json: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Written<T> {
    /// Text that is a `T` in JSON.
    pub fn new(json: String) -> Self {
        Self { json, of: PhantomData }
    }
}

/// Where the API begins. A change that an older caller would not understand gets another number.
pub const API: &str = "/v1";

/// What a lead's source is called where that is a hub. With the lead's number there behind it, commands take it: `hub:7`.
pub const SOURCE: &str = "hub";

/// A lead's number at its hub; nothing of one that came from elsewhere.
pub fn hub_number(source: &str, external_id: &str) -> Option<i64> {
    external_id.parse().ok().filter(|_| source == SOURCE)
}

/// The most bytes of a request's body (R of bombs: reliability, row 30).
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

//! A handler behind its method, with what is said of it.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use super::described::{Described, Draft};
use crate::hub::core::Hub;
use crate::wire::problem::Code;

/// A handler behind its method.
pub(super) struct Served {
    pub(super) router: MethodRouter<Arc<Hub>>,
    signature: fn(&mut Draft),
    /// What it does, in a line.
    pub(super) about: &'static str,
    problems: &'static [Code],
}

impl Served {
    fn new<H: Described<G>, G>(router: MethodRouter<Arc<Hub>>, _: &H) -> Self {
        Self { router, signature: H::describe, about: "", problems: &[] }
    }

    /// The same, saying what it does, and which problems it may come to beside those that its signature tells of.
    pub(super) fn about(self, about: &'static str, problems: &'static [Code]) -> Self {
        Self { about, problems, ..self }
    }

    /// Says all that is known of it.
    pub(super) fn describe(&self, draft: &mut Draft) {
        (self.signature)(draft);
        draft.may_be(self.problems);
    }
}

macro_rules! methods {
    ($($method:ident),*) => {
        $(pub(super) fn $method<H, T, G>(handler: H) -> Served
        where
            H: Handler<T, Arc<Hub>> + Described<G>,
            T: 'static,
        {
            Served::new(routing::$method(handler.clone()), &handler)
        })*
    };
}

methods!(delete, get, post, put);

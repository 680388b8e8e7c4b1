//! The team's server. What arrives becomes a write: a synchronous function over one transaction, see [`work`].

pub mod alerts;
pub mod audit;
pub mod clockwork;
pub mod core;
pub mod db;
pub mod enrich;
pub mod error;
pub mod gate;
pub mod http;
pub mod intake;
pub mod leads;
pub mod log;
pub mod news;
pub mod orders;
pub mod outgoing;
pub mod people;
pub mod pipeline;
pub mod pulse;
pub mod roster;
pub mod rules;
pub mod senders;
pub mod serve;
pub mod settings;
pub mod sync;
pub mod tokens;
pub mod work;

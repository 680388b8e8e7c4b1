//! The terminal app's pure state machine: a message in, effects out. No I/O, no clock.
//!
//! [`update`] is the only function that changes a [`Model`]. Time comes inside the message; everything that touches
//! the world leaves as an [`Effect`] and comes back as a [`Msg`]. The `ui` room reads the model and never writes it.
//!
//! The gate is the store's (`handoff::gate`). The app keeps its own picture of the desk for two ends: it offers
//! nothing that the store would refuse, and it shows no lead whole that the store would not show ([`reply`] looks at
//! each answer before it reaches the screen).

mod act;
pub mod action;
pub mod alarm;
pub mod alerts;
pub mod allowed;
mod command;
mod context;
pub mod dialog;
pub mod effect;
pub mod footer;
pub mod input;
pub mod key;
pub mod keymap;
pub mod launch;
pub mod model;
pub mod msg;
pub mod natural;
mod out;
mod reply;
pub mod screen;
pub mod search;
pub mod team;
mod tick;
mod words;

pub use action::{Action, Context};
pub use effect::Effect;
pub use key::Key;
pub use keymap::KeyMap;
pub use model::{Model, Settings};
pub use msg::{Msg, Reply, What};
pub use screen::lead::limit_scroll;
pub use tick::next_tick;

use effect::Ask;
use model::StatusKind;
use out::Out;
use screen::Screen;

use crate::handoff::calendar::Window;
use crate::handoff::policy::Policy;

/// Takes one message in: changes the model and says what is to be done outside. The first message is
/// [`What::Start`].
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let second = model.now.timestamp();
    // The clock of a laptop may be set back; what was promised until then simply holds longer.
    model.now = msg.at;
    let mut out = Out::default();
    let expired = tick::expire(model);
    // What could not be read is not asked for again at once.
    let is_failure = matches!(msg.what, What::Reply(Reply::Failed { .. }));
    match msg.what {
        What::Start => start(model, &mut out),
        What::Tick => {
            if model.now.timestamp() == second && !expired {
                out.quiet();
            }
            alarm::tick(model, &mut out);
        }
        What::Resumed => {}
        What::Key(key) => command::key(model, key, &mut out),
        What::Paste(text) => command::paste(model, &text, &mut out),
        What::Click { row } => command::click(model, row.into(), &mut out),
        What::Wheel(lines) => command::wheel(model, lines, &mut out),
        What::Resize { width, height, list_rows } => {
            model.size = model::Size { width, height, list_rows: list_rows.max(1) };
        }
        What::Reply(reply) => reply::reply(model, reply, &mut out),
        What::StoreChanged => store_changed(model, &mut out),
        What::Team(reply) => screen::team::heard(model, reply, &mut out),
        What::Net(net) => {
            if model.screen == Screen::Team && net.online && !model.net.online {
                screen::team::refresh(model, &mut out);
            }
            if model.net.online != net.online && net.name.is_some() {
                let word = match net.online {
                    true => "online",
                    false if net.is_signed_out => "signed out: what you do waits in the outbox",
                    false => "offline: what you do waits in the outbox",
                };
                model.log(word.into(), false);
            }
            troubled(model, &net);
            if net.online {
                model.trouble = None;
            }
            model.net = net;
        }
        What::Rules { policy, quiet } => renew(model, *policy, quiet, &mut out),
        What::Report { problem, text } => {
            if problem {
                model.say(StatusKind::Error, text.clone());
            }
            model.log(text, problem);
        }
    }
    screen::team::stay(model);
    say_trouble(model);
    if !is_failure {
        screen::inbox::keep_up(model, &mut out);
    }
    let (effects, is_visible) = out.finish();
    model.revision += u64::from(is_visible);
    effects
}

fn start(model: &mut Model, out: &mut Out) {
    out.ask(Ask::Desk);
    screen::inbox::reload(model, effect::From::Top, out);
}

/// Says why a source cannot be reached. What differs in a number only, such as a time, was told before.
fn troubled(model: &mut Model, net: &msg::Net) {
    let words = |net: &msg::Net| {
        let error = net.error.as_deref().unwrap_or_default();
        error.split(|char: char| char.is_ascii_digit()).collect::<String>()
    };
    let Some(error) = net.error.clone().filter(|_| words(net) != words(&model.net)) else { return };
    model.trouble = Some(error.clone());
    model.log(error, true);
}

/// Says what fails once the status line is free: neither what was done nor the offer to undo it goes for that.
fn say_trouble(model: &mut Model) {
    if model.status.is_none()
        && model.undo.is_none()
        && let Some(trouble) = model.trouble.take()
    {
        model.say(StatusKind::Error, trouble);
    }
}

/// The team's rules are others. What was closed under the former ones stays as it was (F63); what is open is read again.
fn renew(model: &mut Model, policy: Policy, quiet: Option<Window>, out: &mut Out) {
    let text = format!("the team's rules changed: version {} holds from now on", policy.version);
    let has_other_reasons = model.settings.policy.reasons != policy.reasons;
    (model.settings.policy, model.settings.quiet) = (policy, quiet);
    if has_other_reasons {
        dialog::reject::choose_again(model);
    }
    model.log(text.clone(), false);
    model.say(StatusKind::Info, text);
    let mut read = Out::default();
    store_changed(model, &mut read);
    read.finish().0.into_iter().for_each(|effect| out.push(effect));
}

/// Somebody else wrote: another window, the command line, a sync. Nothing here engages a lead.
fn store_changed(model: &mut Model, out: &mut Out) {
    out.quiet();
    out.ask(Ask::Desk);
    screen::inbox::refresh(model, out);
    alarm::look_again(model, out);
    if let Some(opened) = &model.opened {
        out.ask(Ask::Show(opened.dossier.id));
    }
    if matches!(model.screen, Screen::Outbox | Screen::Reconcile) {
        screen::outbox::ask(out);
    }
}

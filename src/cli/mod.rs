//! The command line: one file per command, or per family of commands.

mod acts;
mod app;
pub mod args;
mod configure;
mod demo;
pub mod divergence;
mod doctor;
mod export;
mod failure;
mod help;
mod hub;
mod import;
mod lead_text;
mod leads;
mod man;
mod outbox;
mod print;
mod score;
mod session;
mod setup;
mod sla;
mod source;
mod status;
mod steps;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command, LeadArg};
use failure::Failure;
use print::Out;
use session::Session;

use crate::handoff::disposition::Act;
use crate::runtime::panics;
use crate::ui::inert::inert;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    panics::prepare();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    match dispatch(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => tell(&failure, cli.global.json),
    }
}

/// Says on standard error what went wrong.
fn tell(failure: &Failure, as_json: bool) -> ExitCode {
    let mut text = String::new();
    if as_json {
        let value = serde_json::json!({ "error": failure.message, "exit": failure.exit as u8 });
        text = print::json_line(&value) + "\n";
    } else {
        for line in failure.message.lines() {
            text += &format!("leadbox: {}\n", inert(line));
        }
    }
    // Nobody may be listening; the exit code says it too.
    let _ = std::io::stderr().write_all(text.as_bytes());
    failure.code()
}

/// Help and version, which were asked for, or a usage error.
fn unparsed(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = error.to_string();
        // The first paragraph says what is wrong; the rest is usage.
        let what = text.split("\n\n").next().unwrap_or_default();
        let what = what.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
        return tell(&Failure::usage(what), true);
    }
    if error.use_stderr() {
        // It repeats what was typed, which a script may have taken from a file: each line passes the seam. Nobody may
        // be listening.
        let text: String = error.to_string().lines().map(|line| format!("{}\n", inert(line))).collect();
        let _ = std::io::stderr().write_all(text.as_bytes());
    } else {
        // Help and version are our own text. A reader that went away is no error.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::Exit::Usage as u8))
}

fn dispatch(cli: &Cli) -> Result<(), Failure> {
    let global = &cli.global;
    let as_json = global.json;
    let Some(command) = &cli.command else { return app::open(global) };
    let session = || Session::open(global);
    let reading = || Session::open_to_read(global);
    let act = |lead: &LeadArg, make: &dyn Fn(&Session) -> Result<Act, Failure>| {
        let mut session = session()?;
        let act = make(&session)?;
        acts::act(&mut session, lead.lead.as_deref(), &act, as_json)
    };
    match command {
        Command::Demo(args) => demo::run(global, args),
        Command::List(args) => leads::list(&reading()?, args, as_json),
        Command::Next(args) => leads::next(&mut session()?, args, as_json),
        Command::Show(args) if args.trail => steps::show(&reading()?, args.lead.lead.as_deref(), as_json),
        Command::Show(args) => leads::show(&reading()?, args.lead.lead.as_deref(), as_json),
        Command::Search(args) => leads::search(&reading()?, args, as_json),
        Command::Accept(lead) => act(lead, &|_| Ok(Act::Accept)),
        Command::Reject(args) => act(&args.lead, &|_| Ok(acts::rejection(args))),
        Command::Log(args) => act(&args.lead, &|session| acts::attempt(session, args)),
        Command::Defer(args) => act(&args.lead, &|session| acts::deferral(session, args)),
        Command::Qualify(args) => act(&args.lead, &|session| acts::qualification(session, args)),
        Command::Skip(args) => act(&args.lead, &|_| Ok(acts::skip(args))),
        Command::Snooze(args) => act(&args.lead, &|session| acts::snooze(session, args)),
        Command::Undo => acts::undo(&mut session()?, as_json),
        Command::Import(args) => import::run(&mut session()?, args, as_json),
        Command::Export(args) => {
            let mut session = if args.pending { session()? } else { reading()? };
            export::run(&mut session, args, as_json)
        }
        Command::Outbox(args) => {
            let mut session = if args.retry { session()? } else { reading()? };
            outbox::run(&mut session, args, as_json)
        }
        Command::Divergence(args) => divergence::run(&reading()?, args, as_json),
        Command::Sla(command) => sla::run(command, as_json),
        Command::Score(args::ScoreCommand::Explain(args)) => score::explain(&reading()?, args.lead.as_deref(), as_json),
        Command::Status => status::run(&reading()?, as_json),
        Command::Config(command) => configure::run(command, global),
        Command::Login(args) => hub::login(args, global),
        Command::Logout => hub::logout(global),
        Command::Sync => hub::sync(global),
        Command::Source(command) => source::run(command, global),
        Command::Team(command) => hub::team(command, global),
        Command::Route(command) => hub::route(command, global),
        Command::Hub(command) => hub::run(command, global),
        Command::Audit(command) => hub::audit(command, global),
        Command::Doctor => doctor::run(global),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "leadbox", &mut script);
            print(&script)
        }
        Command::Man => print(&man::page()?),
    }
}

/// Prints a text of our own as it is.
fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = Out::new();
    out.text(&String::from_utf8_lossy(text))?;
    out.finish()
}

//! The command line: one file per command, or per family of commands.

mod acts;
mod app;
pub mod args;
mod configure;
mod doctor;
mod export;
mod failure;
mod import;
mod lead_text;
mod leads;
mod outbox;
mod print;
mod score;
mod session;
mod setup;
mod sla;
mod status;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use failure::Failure;
use print::Out;
use session::Session;

use crate::handoff::disposition::Act;
use crate::ui::inert::inert;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    // Usage errors end here, with exit code 2.
    let cli = Cli::parse();
    match dispatch(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if cli.global.json {
                eprintln!("{}", serde_json::json!({ "error": failure.message, "exit": failure.exit as u8 }));
            } else {
                for line in failure.message.lines() {
                    eprintln!("leadbox: {}", inert(line));
                }
            }
            failure.code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<(), Failure> {
    let global = &cli.global;
    let as_json = global.json;
    let Some(command) = &cli.command else { return app::open(global) };
    let session = || Session::open(global);
    let act = |name: &str, make: &dyn Fn(&Session) -> Result<Act, Failure>| {
        let mut session = session()?;
        let act = make(&session)?;
        acts::act(&mut session, name, &act, as_json)
    };
    match command {
        Command::Demo(args) => app::demo(args),
        Command::List(args) => leads::list(&session()?, args, as_json),
        Command::Next(args) => leads::next(&mut session()?, args, as_json),
        Command::Show(args) => leads::show(&session()?, &args.lead, as_json),
        Command::Search(args) => leads::search(&session()?, args, as_json),
        Command::Accept(args) => act(&args.lead, &|_| Ok(Act::Accept)),
        Command::Reject(args) => act(&args.lead, &|_| Ok(acts::rejection(args))),
        Command::Log(args) => act(&args.lead, &|session| acts::attempt(session, args)),
        Command::Defer(args) => act(&args.lead, &|session| acts::deferral(session, args)),
        Command::Qualify(args) => act(&args.lead, &|session| acts::qualification(session, args)),
        Command::Skip(args) => act(&args.lead, &|_| Ok(acts::skip(args))),
        Command::Snooze(args) => act(&args.lead, &|session| acts::snooze(session, args)),
        Command::Undo => acts::undo(&mut session()?, as_json),
        Command::Import(args) => import::run(&mut session()?, args, as_json),
        Command::Export(args) => export::run(&mut session()?, args, as_json),
        Command::Outbox(args) => outbox::run(&mut session()?, args, as_json),
        Command::Sla(command) => sla::run(command, as_json),
        Command::Score(args::ScoreCommand::Explain(args)) => score::explain(&session()?, &args.lead, as_json),
        Command::Status => status::run(&session()?, as_json),
        Command::Config(command) => configure::run(command, global),
        Command::Doctor => doctor::run(global),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "leadbox", &mut std::io::stdout());
            Ok(())
        }
        Command::Man => man(),
    }
}

/// The man page of the whole program, made from the same grammar as `--help`.
fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    let mut out = Out::new();
    out.text(&String::from_utf8_lossy(&page))?;
    out.finish()
}

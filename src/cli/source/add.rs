//! `leadbox source add`: asks, tries, writes.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::args::AddArgs;
use super::{Keeper, ask, find, one};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::hub::{asking, read_token, typed_secret};
use crate::cli::print::Out;
use crate::cli::session::data_dir;
use crate::cli::setup;
use crate::config::{CONFIG_VARIABLE, Config, Surroundings, usual_path};
use crate::keeping::secret;

/// Sets a source up.
pub fn run(args: &AddArgs, global: &Global) -> Result<(), Failure> {
    let (config, dir) = (setup::load(global)?, data_dir(global)?);
    let file = file(&config, global)?;
    let name = &args.name;
    let known = config.sources.iter().any(|source| source.name == *name);
    // One that is known is given another secret.
    let block = if known { None } else { Some(block(args)?) };
    let settings = match &block {
        None => find(&config, name)?.clone(),
        Some(block) => parsed(block, &file, name)?,
    };
    let given = if settings.secret_cmd.is_empty() { Some(given(args)?) } else { None };
    crate::store::Store::open(&dir)?;
    let keeper = match &given {
        Some(given) => Keeper::keep(&dir, name, given, !args.no_keyring, asking())
            .map_err(|error| Failure::file("the secret cannot be kept", &error))?,
        None => Keeper::of(&dir, &settings),
    };
    let findings = ask(one(&settings, &dir)?)?;
    let mut out = Out::new();
    for finding in &findings {
        let mark = if finding.is_wrong { "✗" } else { "✓" };
        let hint = finding.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
        out.paragraph(&format!("{mark} {}{hint}", finding.what))?;
    }
    if findings.iter().any(|finding| finding.is_wrong) && !args.untested {
        if block.is_some() {
            // It was not there before, and is not set up now.
            let _ = Keeper::forget(&dir, name, None);
        }
        out.finish()?;
        let then = "nothing was written; mend it and try again, or write it all the same with --untested";
        return Err(Failure::new(Exit::Failed, then));
    }
    if let Some(block) = &block {
        append(&file, block).map_err(|error| Failure::file(format!("{} cannot be written", file.display()), &error))?;
        out.line(format!("[sources.{name}] is in {}", file.display()))?;
    }
    out.line(keeper.to_string())?;
    out.line("`leadbox sync` fetches its leads, and so does the app")?;
    out.finish()
}

/// The file that the configuration was read from, or would be.
fn file(config: &Config, global: &Global) -> Result<PathBuf, Failure> {
    let named = global.config().map(Path::to_owned).or_else(|| std::env::var_os(CONFIG_VARIABLE).map(PathBuf::from));
    config.file.clone().or(named).or_else(usual_path).ok_or_else(|| {
        Failure::new(Exit::Configuration, "no home folder is known; name a configuration file with --config")
    })
}

/// What is written: the source's section.
fn block(args: &AddArgs) -> Result<String, Failure> {
    let kind = asked("kind", "which CRM is it (hubspot, tryton)?", args.kind.as_deref())?;
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut block = format!("\n[sources.{}]\nkind = {}\n", args.name, text(&kind));
    let mut say = |key: &str, value: &str| block += &format!("{key} = {}\n", text(value));
    if kind == "hubspot" {
        if let Some(url) = &args.url {
            say("url", url);
        }
        say("owner", &asked("owner", "your e-mail address there, as an owner?", args.owner.as_deref())?);
    } else {
        say("url", &asked("url", "its address, such as https://tryton.example?", args.url.as_deref())?);
        say("database", &asked("database", "the database there?", args.database.as_deref())?);
        say("user", &asked("user", "your user there?", args.user.as_deref())?);
    }
    if !args.secret_cmd.is_empty() {
        let command: Vec<String> = args.secret_cmd.iter().map(|word| text(word)).collect();
        block += &format!("secret_cmd = [{}]\n", command.join(", "));
    }
    Ok(block)
}

fn asked(option: &str, question: &str, given: Option<&str>) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.trim().to_owned());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!("--{option} is missing: {question}")));
    }
    eprint!("{question} ");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    match line.trim() {
        "" => Err(Failure::usage(format!("nothing was given for {option}"))),
        given => Ok(given.to_owned()),
    }
}

/// What the configuration makes of the section: its mistakes are told before anything is tried.
fn parsed(block: &str, file: &Path, name: &str) -> Result<crate::config::SourceSettings, Failure> {
    let config = Config::parse(block, file, &Surroundings::here(), &|_| Vec::new())?;
    find(&config, name).cloned()
}

fn given(args: &AddArgs) -> Result<SecretString, Failure> {
    let given = match &args.secret_file {
        Some(file) => read_token(file)?,
        None if io::stdin().is_terminal() => {
            let read = typed_secret("your password or token there, then Enter (it is not shown):");
            read.map_err(|error| Failure::file("the secret cannot be read", &error))?
        }
        None => read_token(Path::new("-"))?,
    };
    if given.expose_secret().is_empty() {
        return Err(Failure::usage("no secret came: pipe it in, or name a file with --secret-file"));
    }
    Ok(given)
}

/// Adds the section at the end of the file, as a whole or not at all. The file's rights stay as they are.
fn append(file: &Path, block: &str) -> io::Result<()> {
    let before = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let rights = fs::metadata(file).map(|meta| meta.permissions()).ok();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let block = if before.is_empty() { block.trim_start() } else { block };
    secret::write(file, format!("{before}{gap}{block}").as_bytes())?;
    rights.map_or(Ok(()), |rights| fs::set_permissions(file, rights))
}

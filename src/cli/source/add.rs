//! `leadbox source add`: asks, tries, writes.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::AddArgs;
use super::login::Tried;
use super::{Keeper, ask, at_terminal, credential, find, login, one, told};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::cli::session::data_dir;
use crate::cli::setup;
use crate::config::{CONFIG_VARIABLE, Config, Surroundings, usual_path};
use crate::keeping::secret;

/// What to do where it does not let us in.
pub(super) const SECRET: &str = "see that the secret is the right one, and belongs to this user";

/// Sets a source up.
pub fn run(args: &AddArgs, global: &Global) -> Result<(), Failure> {
    let config = setup::load(global)?;
    let name = &args.name;
    if config.sources.iter().any(|source| source.name == *name) {
        return login::again(&config, name, &args.secret, global);
    }
    let (dir, file) = (data_dir(global)?, file(&config, global)?);
    let block = block(args)?;
    let settings = parsed(&block, &file, name)?;
    let kept = credential(&settings, &dir, at_terminal());
    // What is wrong with the section or the folder is told before anybody gives a secret for nothing.
    let source = one(&settings, kept)?;
    crate::store::Store::open(&dir)?;
    let tried = match settings.secret_cmd.is_empty() {
        true => Some(Tried::new(login::given(&settings, &args.secret)?)),
        false => None,
    };
    let source = tried.as_ref().map_or(Ok(source), |tried| one(&settings, tried.credential()))?;
    let mut out = Out::new();
    let is_wrong = told(&mut out, name, &ask(source, false, SECRET)?, global)?;
    if is_wrong && !args.secret.untested {
        out.finish()?;
        let then = "nothing was written; mend it and try again, or write it all the same with --untested";
        return Err(Failure::new(Exit::Failed, then));
    }
    // The section comes first: a source without a secret says what to do, a secret without a source stays unseen.
    append(&file, &block).map_err(|error| Failure::file(format!("{} cannot be written", file.display()), &error))?;
    let keeper = match tried {
        Some(tried) => login::keep(&settings, &dir, &tried.secret(), &args.secret)?,
        None => Keeper::of(&dir, &settings),
    };
    if global.json {
        out.json(&json!({ "source": name, "file": file.display().to_string(), "secret": keeper.to_string() }))?;
    } else {
        out.line(format!("[sources.{name}] is in {}", file.display()))?;
        out.line(keeper.to_string())?;
        out.line("`leadbox sync` fetches its leads, and so does the app")?;
    }
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
    let kind = asked("kind", "which CRM is it (hubspot, salesforce, tryton)?", args.kind.as_deref())?;
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut block = format!("\n[sources.{}]\nkind = {}\n", args.name, text(&kind));
    let mut say = |key: &str, value: &str| block += &format!("{key} = {}\n", text(value));
    match kind.as_str() {
        "hubspot" => {
            if let Some(url) = &args.url {
                say("url", url);
            }
            say("owner", &asked("owner", "your e-mail address there, as an owner?", args.owner.as_deref())?);
        }
        "salesforce" => {
            let question = "your org's own address, such as https://example.my.salesforce.com?";
            say("url", &asked("url", question, args.url.as_deref())?);
            let question = "the consumer key of the org's app for Leadbox?";
            say("client_id", &asked("client-id", question, args.client_id.as_deref())?);
            for (key, given) in [("user", &args.user), ("audience", &args.audience)] {
                given.iter().for_each(|given| say(key, given));
            }
            if let Some(port) = args.callback {
                block += &format!("callback = {port}\n");
            }
        }
        _ => {
            say("url", &asked("url", "its address, such as https://tryton.example?", args.url.as_deref())?);
            say("database", &asked("database", "the database there?", args.database.as_deref())?);
            say("user", &asked("user", "your user there?", args.user.as_deref())?);
        }
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

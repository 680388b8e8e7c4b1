//! `leadbox hub person|token|source|policy`: looking after a running hub.

use std::path::Path;

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::args::{HubTeamArgs, PersonArgs, PersonCommand, PolicyCommand, SourceArgs, TokenCommand, TokenOut};
use super::calls::Calls;
use super::secret::Place;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::print::{Out, stamp};
use crate::cli::session::time_option;
use crate::config::Surroundings;
use crate::handoff::event::Role;
use crate::handoff::similar::similar;
use crate::reading::text_of;
use crate::source::hub::{Call, Method};
use crate::wire::intake::{MappingText, NewSource, SourceMade};
use crate::wire::people::{AwayTime, MadeToken, NewToken, Person, Takes, TeamManager, TokenInfo};
use crate::wire::sync::PolicyText;

/// `hub person`.
pub(super) fn person(command: &PersonCommand, global: &Global) -> Result<(), Failure> {
    let mut out = Out::new();
    match command {
        PersonCommand::List(at) => {
            for person in Calls::to(at, global)?.get::<Vec<Person>>("/v1/people")? {
                if global.json {
                    out.json(&json!(person))?;
                } else {
                    out.line(line(&person))?;
                }
            }
        }
        PersonCommand::Feeds(args) => return super::feeds::run(args, global),
        PersonCommand::Add(args) => {
            let (args, place) = (&args.person, ready(&args.token)?);
            let calls = Calls::to(&args.at, global)?;
            let person = changed(new_person(&args.id), args)?;
            let person: Person = calls.send(Method::Post, "/v1/people", &person)?;
            let wanted = NewToken { label: "made with the person".into(), days: None };
            let made: MadeToken = calls.send(Method::Post, &format!("/v1/people/{}/tokens", person.id), &wanted)?;
            let kept = place.map(|place| place.put(&made.token)).transpose()?;
            if global.json {
                out.json(&match kept {
                    Some(file) => json!({ "person": person, "token_file": file }),
                    None => json!({ "person": person, "token": made.token }),
                })?;
            } else {
                out.line(line(&person))?;
                tell_token(&mut out, &made, kept.as_deref())?;
            }
        }
        PersonCommand::Set(args) => {
            let calls = Calls::to(&args.at, global)?;
            let known = calls.get::<Vec<Person>>("/v1/people")?.into_iter().find(|person| person.id == args.id);
            let known = known.ok_or_else(|| {
                Failure::usage(format!("there is no person “{}”; `leadbox hub person list` names all", args.id))
            })?;
            let person: Person = calls.send(Method::Put, &format!("/v1/people/{}", args.id), &changed(known, args)?)?;
            if global.json {
                out.json(&json!(person))?;
            } else {
                out.line(line(&person))?;
            }
        }
    }
    out.finish()
}

fn new_person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: id.to_owned(),
        email: None,
        role: Role::Rep,
        team: None,
        is_active: true,
        paused: None,
        takes: Takes::default(),
    }
}

/// The person with what was said.
fn changed(mut person: Person, args: &PersonArgs) -> Result<Person, Failure> {
    if let Some(name) = &args.name {
        person.name.clone_from(name);
    }
    person.email = args.email.clone().or(person.email);
    person.team = args.team.clone().or(person.team);
    if let Some(role) = &args.role {
        let known = Role::PEOPLE.map(Role::code);
        person.role = Role::from_code(role).ok_or_else(|| match similar(role, known) {
            Some(near) => Failure::usage(format!("there is no role “{role}”; did you mean “{near}”?")),
            None => Failure::usage(format!("there is no role “{role}”; there are {}", known.join(", "))),
        })?;
    }
    person.is_active = args.back || person.is_active && !args.gone;
    if let Some(why) = &args.pause {
        person.paused = Some(why.trim().to_owned()).filter(|why| !why.is_empty());
    }
    let takes = &mut person.takes;
    let lists = [
        (&args.territories, &mut takes.territories),
        (&args.segments, &mut takes.segments),
        (&args.skills, &mut takes.skills),
        (&args.products, &mut takes.products),
        (&args.accounts, &mut takes.accounts),
    ];
    for (said, list) in lists {
        if !said.is_empty() {
            list.clone_from(said);
        }
    }
    takes.calendar = args.calendar.clone().or(takes.calendar.take());
    takes.open_cap = args.open_cap.or(takes.open_cap);
    takes.daily_cap = args.daily_cap.or(takes.daily_cap);
    takes.weight = args.weight.or(takes.weight);
    if !args.away.is_empty() {
        let said = args.away.iter().filter(|text| !text.trim().is_empty());
        let zone = Surroundings::here().zone;
        takes.away = said.map(|text| away(text, zone)).collect::<Result<_, _>>()?;
    }
    Ok(person)
}

/// A time away, such as `2026-12-24..2027-01-03 vacation`.
fn away(text: &str, zone: Tz) -> Result<AwayTime, Failure> {
    let (span, why) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let (from, to) = span.split_once("..").ok_or_else(|| {
        let such = "say from when to when, such as “2026-12-24..2027-01-03 vacation”";
        Failure::usage(format!("--away: “{text}” is no time; {such}"))
    })?;
    let moment = |text: &str, is_end: bool| match text.parse::<NaiveDate>() {
        Ok(day) => {
            let day = if is_end { day.succ_opt().unwrap_or(day) } else { day };
            let begins = |hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest();
            // Where the clock jumps over midnight, the day begins after that.
            let begins = begins(0).or_else(|| begins(1)).map(|begins| begins.to_utc());
            begins.ok_or_else(|| Failure::usage(format!("--away: there is no {day} in {zone}")))
        }
        Err(_) => time_option("--away", text),
    };
    let to = if to.is_empty() { None } else { Some(moment(to, true)?) };
    let away = AwayTime { from: moment(from, false)?, to, why: why.trim().to_owned() };
    match away.to {
        Some(to) if to <= away.from => Err(Failure::usage(format!("--away: “{text}” ends before it begins"))),
        _ => Ok(away),
    }
}

fn line(person: &Person) -> String {
    let mut words = vec![person.id.clone(), person.role.code().to_owned(), person.name.clone()];
    words.extend(person.team.iter().map(|team| format!("team {team}")));
    words.extend(person.takes.weight.iter().map(|weight| format!("weight {weight}")));
    words.extend(person.paused.iter().map(|why| format!("paused: {why}")));
    words.extend(person.takes.away.iter().map(|away| {
        let until = away.to.map(|to| format!(" until {}", stamp(to))).unwrap_or_default();
        format!("away from {}{until} {}", stamp(away.from), away.why).trim_end().to_owned()
    }));
    words.extend((!person.is_active).then(|| "has left".to_owned()));
    words.join("  ")
}

fn ready(token: &TokenOut) -> Result<Option<Place>, Failure> {
    Place::ready(token.token_out.as_deref(), token.replace)
}

fn tell_token(out: &mut Out, made: &MadeToken, kept: Option<&Path>) -> Result<(), Failure> {
    let until = made.expires_at.date_naive();
    if let Some(file) = kept {
        out.line(format!("token {} until {until}: in {}", made.id, file.display()))?;
        out.line("it is nowhere else; hand it over by a safe way, for `leadbox login --token-file`")?;
        return Ok(());
    }
    out.line(format!("token {} until {until}: {}", made.id, made.token))?;
    out.line("it is shown this once; hand it over by a safe way, for `leadbox login`")?;
    Ok(())
}

/// `hub token`.
pub(super) fn token(command: &TokenCommand, global: &Global) -> Result<(), Failure> {
    let mut out = Out::new();
    match command {
        TokenCommand::Add { at, person, label, days, token } => {
            let place = ready(token)?;
            let wanted = NewToken { label: label.clone(), days: *days };
            let path = format!("/v1/people/{person}/tokens");
            let made: MadeToken = Calls::to(at, global)?.send(Method::Post, &path, &wanted)?;
            let kept = place.map(|place| place.put(&made.token)).transpose()?;
            if global.json {
                out.json(&match kept {
                    Some(file) => json!({ "id": made.id, "token_file": file, "expires_at": made.expires_at }),
                    None => json!({ "id": made.id, "token": made.token, "expires_at": made.expires_at }),
                })?;
            } else {
                tell_token(&mut out, &made, kept.as_deref())?;
            }
        }
        TokenCommand::List(at) => {
            for token in Calls::to(at, global)?.get::<Vec<TokenInfo>>("/v1/tokens")? {
                if global.json {
                    out.json(&json!(token))?;
                } else {
                    let state = if token.is_revoked {
                        "revoked".to_owned()
                    } else {
                        format!("until {}", token.expires_at.date_naive())
                    };
                    out.line(format!("{}  {}  {state}  {}", token.id, token.person, token.label))?;
                }
            }
        }
        TokenCommand::Rescue(args) => return super::init::rescue(args, global),
        TokenCommand::Revoke { at, id } => {
            let path = format!("/v1/tokens/{id}");
            let call = Call { method: Method::Delete, ..Call::get(path) };
            Calls::to(at, global)?.call::<Value>(call)?;
            if global.json {
                out.json(&json!({ "revoked": id }))?;
            } else {
                out.line(format!("token {id} is revoked"))?;
            }
        }
    }
    out.finish()
}

/// `hub team`.
pub(super) fn team(args: &HubTeamArgs, global: &Global) -> Result<(), Failure> {
    let calls = Calls::to(&args.at, global)?;
    let teams = match (&args.name, &args.manager) {
        (Some(name), Some(manager)) => {
            let manager = Some(manager.trim().to_owned()).filter(|manager| !manager.is_empty());
            let wanted = TeamManager { team: name.clone(), manager };
            vec![calls.send::<TeamManager>(Method::Put, "/v1/teams", &wanted)?]
        }
        (name, _) => {
            let mut teams: Vec<TeamManager> = calls.get("/v1/teams")?;
            teams.retain(|team| name.as_ref().is_none_or(|name| *name == team.team));
            teams
        }
    };
    let mut out = Out::new();
    for team in teams {
        if global.json {
            out.json(&json!(team))?;
        } else {
            let manager = team.manager.map_or_else(|| "nobody manages it".into(), |id| format!("managed by {id}"));
            out.line(format!("{}  {manager}", team.team))?;
        }
    }
    out.finish()
}

/// `hub source`.
pub(super) fn source(args: &SourceArgs, global: &Global) -> Result<(), Failure> {
    let mapping = match &args.map {
        Some(file) => {
            let toml =
                text_of(file).map_err(|error| Failure::file(format!("{} cannot be read", file.display()), &error))?;
            Some(MappingText { file: file.display().to_string(), toml })
        }
        None => args.no_map.then(|| MappingText { file: String::new(), toml: String::new() }),
    };
    let wanted = NewSource { name: args.name.clone(), mapping };
    let place = Place::ready(args.secret_out.as_deref(), args.replace)?;
    let calls = Calls::to(&args.at, global)?;
    let made: SourceMade = calls.send(Method::Post, "/v1/sources", &wanted)?;
    let kept = match (place, &made.secret) {
        (Some(place), Some(secret)) => Some(place.put(secret)?),
        // Where it keeps the secret that it has, there is nothing to be written.
        _ => None,
    };
    let mut out = Out::new();
    if global.json {
        let mut value = json!(made);
        if let (Some(file), Some(fields)) = (&kept, value.as_object_mut()) {
            fields.remove("secret");
            fields.insert("secret_file".into(), json!(file));
        }
        out.json(&value)?;
        return out.finish();
    }
    let address = format!("{}/v1/intake/{}", calls.url(), args.name);
    match (&made.secret, &kept) {
        (Some(_), Some(file)) => {
            out.line(format!("{} posts to {address}, with the secret in {}", args.name, file.display()))?;
        }
        (Some(secret), None) => {
            out.line(format!("{} posts to {address}, with the secret {secret}", args.name))?;
            out.line("it is shown this once")?;
        }
        (None, _) => out.line(format!("{} posts to {address}, with its secret as before", args.name))?,
    }
    match &args.map {
        Some(file) => out.line(format!("what it posts is read by {}", file.display()))?,
        None if args.no_map => out.line("what it posts is read in the hub's own form")?,
        None => {}
    }
    out.finish()
}

/// `hub policy`.
pub(super) fn policy(command: &PolicyCommand, global: &Global) -> Result<(), Failure> {
    let mut out = Out::new();
    match command {
        PolicyCommand::Get(at) => {
            let policy: PolicyText = Calls::to(at, global)?.get("/v1/policy")?;
            if global.json {
                out.json(&json!(policy))?;
            } else {
                out.text(&policy.toml)?;
            }
        }
        PolicyCommand::Set { at, file } => {
            let text =
                text_of(file).map_err(|error| Failure::file(format!("{} cannot be read", file.display()), &error))?;
            let body = Some(("application/toml", text.into_bytes()));
            let call = Call { method: Method::Put, body, ..Call::get("/v1/policy") };
            let policy: PolicyText = Calls::to(at, global)?.call(call)?;
            if global.json {
                out.json(&json!({ "version": policy.version }))?;
            } else {
                out.line(format!("the policy {} is in force", policy.version))?;
            }
        }
    }
    out.finish()
}

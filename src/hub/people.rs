//! Who is who: people and their teams.

use super::db::{Row, Scope, Tx, Value};
use super::error::HubError;
use crate::handoff::Time;
use crate::handoff::event::Role;
use crate::wire::people::Person;

const COLUMNS: &str = "person.id, person.name, person.email, person.role, person.team, person.is_active,
    person.paused_why, person.attrs";

/// The longest name of a person, in bytes.
const LONGEST_ID: usize = 64;

/// The longest of their texts, in bytes.
const LONGEST_TEXT: usize = 1_000;

pub(super) fn read(row: &Row) -> Result<Person, HubError> {
    Ok(Person {
        id: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        email: row.opt_text(2)?.map(str::to_owned),
        role: Role::from_code(row.text(3)?).unwrap_or(Role::Auditor),
        team: row.opt_text(4)?.map(str::to_owned),
        is_active: row.int(5)? != 0,
        paused: row.opt_text(6)?.map(str::to_owned),
        takes: serde_json::from_str(row.text(7)?)?,
    })
}

/// The person with this name.
pub fn find(tx: &mut dyn Tx, id: &str) -> Result<Option<Person>, HubError> {
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM person WHERE id = ?1"), &[id.into()])?;
    rows.first().map(read).transpose()
}

/// Everybody, by name.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Person>, HubError> {
    tx.query(&format!("SELECT {COLUMNS} FROM person ORDER BY id"), &[])?.iter().map(read).collect()
}

/// What a person sees and may do. A manager sees the own team and those that name them as manager.
pub fn scope_of(tx: &mut dyn Tx, person: &Person) -> Result<Scope, HubError> {
    let managed = tx.query("SELECT name FROM team WHERE manager = ?1 ORDER BY name", &[person.id.as_str().into()])?;
    let mut teams: Vec<String> = managed.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?;
    teams.extend(person.team.clone().filter(|team| !teams.contains(team)));
    Ok(Scope::Person { id: person.id.clone(), role: person.role, teams })
}

/// Enters a person, or changes what is known of them; a team that is new is entered with them.
///
/// # Errors
/// A name that is none, or a role that is none of people's.
pub fn put(tx: &mut dyn Tx, person: &Person, now: Time) -> Result<(), HubError> {
    check(person)?;
    let at = now.timestamp_millis();
    if let Some(team) = &person.team {
        let manager = (person.role == Role::Manager).then(|| person.id.clone());
        tx.execute(
            "INSERT INTO team (name, manager, attrs) VALUES (?1, ?2, '{}')
             ON CONFLICT (name) DO UPDATE SET manager = coalesce(team.manager, excluded.manager)",
            &[team.as_str().into(), manager.into()],
        )?;
    }
    tx.execute(
        "INSERT INTO person (id, name, email, role, team, is_active, is_paused, paused_why, attrs, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, role = excluded.role,
            team = excluded.team, is_active = excluded.is_active, is_paused = excluded.is_paused,
            paused_why = excluded.paused_why, attrs = excluded.attrs, updated_at = excluded.updated_at",
        &[
            person.id.as_str().into(),
            person.name.as_str().into(),
            person.email.clone().into(),
            person.role.code().into(),
            person.team.clone().into(),
            person.is_active.into(),
            person.paused.is_some().into(),
            person.paused.clone().into(),
            Value::Text(serde_json::to_string(&person.takes)?),
            at.into(),
        ],
    )?;
    Ok(())
}

fn check(person: &Person) -> Result<(), HubError> {
    let id = &person.id;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(is_plain) {
        let hint = "use lower-case letters, digits, - and _, at most 64 of them";
        return Err(HubError::invalid("/id", format!("“{id}” cannot be a person's short name: {hint}")));
    }
    let texts = [("/name", Some(&person.name)), ("/email", person.email.as_ref()), ("/team", person.team.as_ref())];
    for (place, text) in texts.into_iter().chain([("/paused", person.paused.as_ref())]) {
        if text.is_some_and(|text| text.len() > LONGEST_TEXT || text.contains('\0')) {
            let what = format!("a text has at most {LONGEST_TEXT} bytes here, and no NUL");
            return Err(HubError::invalid(place, what));
        }
    }
    if person.team.as_ref().is_some_and(|team| team.trim().is_empty()) {
        return Err(HubError::invalid("/team", "a team has a name; leave it out for nobody's team"));
    }
    super::intake::must_fit(&serde_json::to_value(&person.takes)?, "/takes")?;
    if person.name.trim().is_empty() {
        return Err(HubError::invalid("/name", "a person needs a name to show"));
    }
    if person.role == Role::System {
        return Err(HubError::invalid("/role", "the role “system” is the hub's own"));
    }
    Ok(())
}

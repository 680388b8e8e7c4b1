//! Who is who: people and their teams.

use super::db::{DbError, Row, Scope, Tx, Value};
use super::deeds::{self, Deed};
use super::error::HubError;
use super::tokens;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::event::{Actor, Role};
use crate::wire::people::{Person, TeamManager};

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

/// Which state of what is known of people and their calendars this is: whoever remembers one asks whether it is still the
/// same.
pub(super) fn version(tx: &mut dyn Tx) -> Result<i64, DbError> {
    let rows = tx.query("SELECT people FROM head WHERE one = 1", &[])?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// Something of that changes in this transaction.
pub(super) fn changed(tx: &mut dyn Tx) -> Result<(), DbError> {
    tx.later("UPDATE head SET people = people + 1 WHERE one = 1", Vec::new())
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

/// Who manages each team.
pub fn teams(tx: &mut dyn Tx) -> Result<Vec<TeamManager>, HubError> {
    let rows = tx.query("SELECT name, manager FROM team ORDER BY name", &[])?;
    let team =
        |row: &Row| Ok(TeamManager { team: row.text(0)?.to_owned(), manager: row.opt_text(1)?.map(str::to_owned) });
    rows.iter().map(team).collect()
}

/// Whom a team names as its manager.
pub fn manager_of(tx: &mut dyn Tx, team: &str) -> Result<Option<String>, HubError> {
    let rows = tx.query("SELECT manager FROM team WHERE name = ?1", &[team.into()])?;
    Ok(rows.first().map(|row| row.opt_text(0)).transpose()?.flatten().map(str::to_owned))
}

/// Says who manages a team.
///
/// # Errors
/// There is no such team; they are no manager, or have left.
pub fn set_manager(work: &mut Work<'_>, actor: &Actor, wanted: &TeamManager) -> Result<(), HubError> {
    let known = teams(work.tx)?.into_iter().find(|team| team.team == wanted.team);
    let known = known.ok_or_else(|| HubError::invalid("/team", format!("there is no team “{}”", wanted.team)))?;
    if let Some(id) = &wanted.manager {
        // No database takes a NUL.
        let known = if id.contains('\0') { None } else { find(work.tx, id)? };
        let is_fit = known.is_some_and(|person| person.is_active && person.role == Role::Manager);
        if !is_fit {
            return Err(HubError::invalid("/manager", format!("“{id}” is nobody who is here as a manager")));
        }
    }
    if known.manager != wanted.manager {
        let sql = "UPDATE team SET manager = ?2 WHERE name = ?1";
        work.tx.execute(sql, &[wanted.team.as_str().into(), wanted.manager.clone().into()])?;
        let (before, manager) = (known.manager.as_deref(), wanted.manager.as_deref());
        deeds::note(work, actor, &Deed::TeamSet { team: &wanted.team, before, manager })?;
    }
    Ok(())
}

/// The active managers who see a team's leads, the one that the team names first.
pub fn managers_of(tx: &mut dyn Tx, team: &str) -> Result<Vec<String>, HubError> {
    let rows = tx.query(
        "SELECT person.id FROM person JOIN team ON team.name = ?1
         WHERE person.is_active = 1 AND person.role = 'manager' AND (person.id = team.manager OR person.team = ?1)
         ORDER BY CASE WHEN person.id = team.manager THEN 0 ELSE 1 END, person.id",
        &[team.into()],
    )?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// Enters a person, or changes what is known of them, on somebody's word: as [`put`], and the log says so.
///
/// # Errors
/// As [`put`].
pub fn set(work: &mut Work<'_>, actor: &Actor, person: &Person) -> Result<(), HubError> {
    let (before, teams_before) = (find(work.tx, &person.id)?, teams(work.tx)?);
    put(work.tx, person, work.now)?;
    work.forget_roster();
    note_set(work, actor, before.as_ref(), person)?;
    // Who manages a team follows from who is who, and is told all the same.
    for team in teams(work.tx)? {
        let before = teams_before.iter().find(|before| before.team == team.team);
        let before = before.and_then(|before| before.manager.as_deref());
        if before != team.manager.as_deref() {
            deeds::note(work, actor, &Deed::TeamSet { team: &team.team, before, manager: team.manager.as_deref() })?;
        }
    }
    Ok(())
}

fn note_set(work: &mut Work<'_>, actor: &Actor, before: Option<&Person>, person: &Person) -> Result<(), HubError> {
    let mut rest = person.clone();
    rest.paused = before.and_then(|before| before.paused.clone());
    let deed = match before {
        Some(before) if before == person => return Ok(()),
        Some(before) if *before == rest => {
            Deed::Paused { person: &person.id, before: before.paused.as_deref(), why: person.paused.as_deref() }
        }
        before => Deed::PersonSet { person: &person.id, before, after: person },
    };
    deeds::note(work, actor, &deed)
}

/// Whoever leaves, is no manager any more, or manages in another team, leaves the teams that named them; another manager of
/// such a team takes their place, if there is one.
fn hand_over(tx: &mut dyn Tx, person: &Person) -> Result<(), HubError> {
    let is_manager = person.is_active && person.role == Role::Manager;
    let was = tx.query("SELECT team FROM person WHERE id = ?1", &[person.id.as_str().into()])?;
    let was = was.first().map(|row| row.opt_text(0).map(|team| team.map(str::to_owned))).transpose()?.flatten();
    let managed = tx.query("SELECT name FROM team WHERE manager = ?1", &[person.id.as_str().into()])?;
    for row in &managed {
        let team = row.text(0)?;
        // What they were given beside their own team stays theirs.
        let is_left = was.as_deref() == Some(team) && person.team.as_deref() != Some(team);
        if is_left || !is_manager {
            let heir = managers_of(tx, team)?.into_iter().find(|id| *id != person.id);
            tx.execute("UPDATE team SET manager = ?2 WHERE name = ?1", &[team.into(), heir.into()])?;
        }
    }
    Ok(())
}

/// Enters a person, or changes what is known of them; a team that is new is entered with them. Whoever leaves keeps no token.
///
/// # Errors
/// A name that is none, or a role that is none of people's.
pub fn put(tx: &mut dyn Tx, person: &Person, now: Time) -> Result<(), HubError> {
    check(person)?;
    changed(tx)?;
    let at = now.timestamp_millis();
    hand_over(tx, person)?;
    if !person.is_active {
        tokens::revoke_all(tx, &person.id, now)?;
    }
    if let Some(team) = &person.team {
        // An empty place is filled by who becomes a manager there; whoever was one was passed over.
        let manages = |person: &Person| person.is_active && person.role == Role::Manager;
        let was_one = find(tx, &person.id)?.is_some_and(|was| manages(&was) && was.team.as_ref() == Some(team));
        let manager = (manages(person) && !was_one).then(|| person.id.clone());
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

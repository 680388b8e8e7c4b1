//! The narrow row of a lead: what a list shows of it and how lists are ordered.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::tally::Shift;
use super::{StoreError, anew, ms, theirs, time};
use crate::handoff::Time;
use crate::handoff::lead::{Lead, LeadId, LeadKey, TriggerKind};
use crate::handoff::score::Category;
use crate::handoff::sla::Mode;
use crate::handoff::standing::Standing;
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::summary::{ClockKind, Deadline, Summary, Tab};

/// The columns that come from the record.
pub(super) struct Face {
    name: String,
    title: Option<String>,
    company: Option<String>,
    place: Option<String>,
    why: Option<String>,
    trigger: Option<&'static str>,
    origin: Option<String>,
    category: Option<&'static str>,
    score: Option<i32>,
    parts: [Option<i32>; 3],
    owner: Option<String>,
    asked: Option<String>,
    /// Second key of every order: category, then score from the highest.
    rank: i64,
}

impl Face {
    pub(super) fn of(lead: &Lead) -> Self {
        let (person, company) = (&lead.person, &lead.company);
        let score = lead.score.as_ref();
        let points = score.map_or(0, |score| i64::from(score.total.clamp(0, 999)));
        Self {
            name: lead.display_name(),
            title: person.title.clone(),
            company: company.name.clone().or_else(|| company.domain.clone()),
            place: joined(
                ", ",
                [person.city.as_ref().or(company.city.as_ref()), person.country.as_ref().or(company.country.as_ref())],
            ),
            why: lead.trigger.as_ref().map(|trigger| trigger.what.clone()),
            trigger: lead.trigger.as_ref().map(|trigger| trigger.kind.code()),
            origin: joined(" · ", [lead.attribution.source.as_ref(), lead.attribution.campaign.as_ref()]),
            category: lead.category.map(Category::code),
            score: score.map(|score| score.total),
            parts: [score.and_then(|s| s.fit), score.and_then(|s| s.intent), score.and_then(|s| s.behavior)],
            owner: lead.owner.clone(),
            asked: lead.asked(),
            rank: lead.category.map_or(3, |category| category as i64) * 1000 + 999 - points,
        }
    }
}

fn joined<const N: usize>(by: &str, texts: [Option<&String>; N]) -> Option<String> {
    let texts: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
    (!texts.is_empty()).then(|| texts.join(by))
}

/// The columns that come from the handoff and where it stands.
pub(super) struct Place {
    stage: &'static str,
    touches: u32,
    closed_at: Option<i64>,
    /// Somebody did something about it, so that it counts as done when it is closed.
    pub(super) acted: bool,
    tab: Tab,
    is_due: bool,
    /// Its turn among those that one answers.
    turn: Option<u8>,
    clock: Option<&'static str>,
    due: Option<i64>,
    mode: Option<&'static str>,
    frozen: Option<i64>,
    returns_at: Option<i64>,
    since: Option<i64>,
    wake_at: Option<i64>,
    sort: i64,
}

impl Place {
    pub(super) fn of(handoff: &Handoff, standing: &Standing) -> Self {
        let deadline = standing.deadline;
        let due = deadline.and_then(|deadline| deadline.due).map(ms);
        let sort = match standing.tab {
            Tab::Due | Tab::New | Tab::Working => due.unwrap_or(i64::MAX),
            Tab::Deferred => standing.returns_at.map_or(i64::MAX, ms),
            Tab::Data => ms(handoff.mql_at),
            Tab::Done => handoff.closed_at.map_or(i64::MAX, |at| -ms(at)),
        };
        Self {
            stage: handoff.stage.code(),
            touches: handoff.touches.count,
            closed_at: handoff.closed_at.map(ms),
            acted: handoff.seq > 0,
            tab: standing.tab,
            is_due: standing.is_due,
            turn: standing.turn,
            clock: deadline.map(|deadline| deadline.clock.code()),
            due,
            mode: deadline.map(|deadline| mode_code(deadline.mode)),
            frozen: deadline.map(|deadline| deadline.frozen),
            returns_at: standing.returns_at.map(ms),
            since: standing.since.map(rounded_up),
            wake_at: standing.wake_at.map(rounded_up),
            sort,
        }
    }
}

impl Place {
    /// The same of a lead that somebody else answers.
    pub(super) fn of_others(self) -> Self {
        Self { turn: None, ..self }
    }
}

/// In milliseconds, rounded up, so that it has come when it is looked at.
fn rounded_up(at: Time) -> i64 {
    ms(at + chrono::Duration::nanoseconds(999_999))
}

/// Adds the row of a new lead and returns its number; nothing if the key is there already.
pub(super) fn insert(
    conn: &Connection,
    key: &LeadKey,
    face: &Face,
    place: &Place,
    shift: &mut Shift,
) -> Result<Option<LeadId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO lead (source, external_id, name, title, company, place, why, trigger_kind, origin, category,
             score, fit, intent, behavior, owner, asked, rank, stage, touches, closed_at, acted, tab, is_due, turn,
             clock, due, mode, frozen, returns_at, stood_since, wake_at, sort)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)
         ON CONFLICT (external_id, source) DO NOTHING",
    )?;
    statement.raw_bind_parameter(1, &key.source)?;
    statement.raw_bind_parameter(2, &key.external_id)?;
    bind_face(&mut statement, 3, face)?;
    bind_place(&mut statement, 18, place)?;
    if statement.raw_execute()? == 0 {
        return Ok(None);
    }
    shift.tab(place.tab, place.is_due, 1);
    shift.stood(place.since);
    Ok(Some(LeadId(conn.last_insert_rowid())))
}

/// Writes what the record now says.
pub(super) fn update_face(conn: &Connection, id: LeadId, face: &Face) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "UPDATE lead SET name = ?2, title = ?3, company = ?4, place = ?5, why = ?6, trigger_kind = ?7, origin = ?8,
             category = ?9, score = ?10, fit = ?11, intent = ?12, behavior = ?13, owner = ?14, asked = ?15,
             rank = ?16
         WHERE id = ?1",
    )?;
    statement.raw_bind_parameter(1, id.0)?;
    bind_face(&mut statement, 2, face)?;
    statement.raw_execute()?;
    Ok(())
}

/// Writes where the lead now stands, and counts it there.
pub(super) fn update_place(conn: &Connection, id: LeadId, place: &Place, shift: &mut Shift) -> Result<(), StoreError> {
    let mut before = conn.prepare_cached("SELECT tab, is_due FROM lead WHERE id = ?1")?;
    let (tab, is_due) = before.query_row([id.0], |row| Ok((tab(row, 0)?, row.get(1)?)))?;
    let mut statement = conn.prepare_cached(
        "UPDATE lead SET stage = ?2, touches = ?3, closed_at = ?4, acted = ?5, tab = ?6, is_due = ?7, turn = ?8,
             clock = ?9, due = ?10, mode = ?11, frozen = ?12, returns_at = ?13, stood_since = ?14, wake_at = ?15,
             sort = ?16
         WHERE id = ?1",
    )?;
    statement.raw_bind_parameter(1, id.0)?;
    bind_place(&mut statement, 2, place)?;
    statement.raw_execute()?;
    shift.tab(tab, is_due, -1);
    shift.tab(place.tab, place.is_due, 1);
    shift.stood(place.since);
    Ok(())
}

fn bind_face(statement: &mut Statement<'_>, from: usize, face: &Face) -> rusqlite::Result<()> {
    let columns: [&dyn rusqlite::ToSql; 15] = [
        &face.name,
        &face.title,
        &face.company,
        &face.place,
        &face.why,
        &face.trigger,
        &face.origin,
        &face.category,
        &face.score,
        &face.parts[0],
        &face.parts[1],
        &face.parts[2],
        &face.owner,
        &face.asked,
        &face.rank,
    ];
    columns.iter().enumerate().try_for_each(|(n, column)| statement.raw_bind_parameter(from + n, column))
}

fn bind_place(statement: &mut Statement<'_>, from: usize, place: &Place) -> rusqlite::Result<()> {
    let tab = place.tab as i64;
    let columns: [&dyn rusqlite::ToSql; 15] = [
        &place.stage,
        &place.touches,
        &place.closed_at,
        &place.acted,
        &tab,
        &place.is_due,
        &place.turn,
        &place.clock,
        &place.due,
        &place.mode,
        &place.frozen,
        &place.returns_at,
        &place.since,
        &place.wake_at,
        &place.sort,
    ];
    columns.iter().enumerate().try_for_each(|(n, column)| statement.raw_bind_parameter(from + n, column))
}

/// What a list shows of this lead.
pub(super) fn summary(conn: &Connection, id: LeadId) -> Result<Option<Summary>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT id, source, external_id, name, title, company, place, why, trigger_kind, origin, category, score, fit,
             intent, behavior, owner, stage, tab, clock, due, mode, frozen, returns_at, closed_at, touches, asked,
             CASE WHEN stage = 'recycled' THEN (SELECT json_extract(record, '$.stage.reason') FROM lead_record
                WHERE lead_record.lead = lead.id AND version IN (0, ?2) AND json_valid(record)) END,
             EXISTS (SELECT 1 FROM meta WHERE name = ?3 AND value IS NOT lead.owner)
                AND (SELECT version FROM lead_record WHERE lead_record.lead = lead.id) IS NOT NULL
         FROM lead WHERE id = ?1",
    )?;
    Ok(statement.query_row(params![id.0, anew::UNTOLD_AWAY, theirs::ACCOUNT], read).optional()?)
}

/// What a list shows of these leads, in the same order.
pub(super) fn summaries(conn: &Connection, ids: &[LeadId]) -> Result<Vec<Summary>, StoreError> {
    ids.iter().filter_map(|&id| summary(conn, id).transpose()).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let at = |n| row.get::<_, Option<i64>>(n).map(|ms| ms.map(time));
    let deadline = match code(row, 18, clock_from_code)? {
        Some(clock) => Some(Deadline {
            clock,
            due: at(19)?,
            mode: code(row, 20, mode_from_code)?.unwrap_or(Mode::Wall),
            frozen: row.get::<_, Option<i64>>(21)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Summary {
        id: LeadId(row.get(0)?),
        source: row.get(1)?,
        external_id: row.get(2)?,
        name: row.get(3)?,
        title: row.get(4)?,
        company: row.get(5)?,
        place: row.get(6)?,
        why: row.get(7)?,
        trigger: code(row, 8, TriggerKind::from_code)?,
        origin: row.get(9)?,
        category: code(row, 10, Category::from_code)?,
        score: row.get(11)?,
        parts: [row.get(12)?, row.get(13)?, row.get(14)?],
        owner: row.get(15)?,
        stage: code(row, 16, Stage::from_code)?.unwrap_or_default(),
        tab: tab(row, 17)?,
        deadline,
        returns_at: at(22)?,
        closed_at: at(23)?,
        taken_away: row.get(26)?,
        is_theirs: row.get(27)?,
        touches: row.get(24)?,
        asked: row.get(25)?,
    })
}

/// The tab whose number a column holds.
pub(super) fn tab(row: &Row<'_>, column: usize) -> rusqlite::Result<Tab> {
    let number: u8 = row.get(column)?;
    Tab::ALL.get(usize::from(number)).copied().ok_or_else(|| unknown(column, Type::Integer, &number.to_string()))
}

/// The value whose code a column holds.
pub(super) fn code<T>(
    row: &Row<'_>,
    column: usize,
    from_code: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    from_code(text).map(Some).ok_or_else(|| unknown(column, Type::Text, text))
}

fn unknown(column: usize, kind: Type, found: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, format!("“{found}” is none of the known codes").into())
}

fn clock_from_code(code: &str) -> Option<ClockKind> {
    use ClockKind::{Acceptance, FirstContact, NextStep, NoActivity, Stalled};
    [Acceptance, FirstContact, NoActivity, NextStep, Stalled].into_iter().find(|clock| clock.code() == code)
}

fn mode_code(mode: Mode) -> &'static str {
    match mode {
        Mode::Business => "business",
        Mode::Wall => "wall",
        Mode::WallRoll => "wall_roll",
        Mode::SameDay => "same_day",
    }
}

fn mode_from_code(code: &str) -> Option<Mode> {
    [Mode::Business, Mode::Wall, Mode::WallRoll, Mode::SameDay].into_iter().find(|&mode| mode_code(mode) == code)
}

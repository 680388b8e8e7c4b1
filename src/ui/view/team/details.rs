//! What stands behind the chosen row: leads with their clocks, or breaches; and of the selected lead what holds it up.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::first_shown;
use super::rows::presence;
use crate::app::screen::team::Pick;
use crate::handoff::sla::Mode;
use crate::handoff::summary::{ClockKind, Deadline};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, rough, wrap};
use crate::ui::words;
use crate::wire::board::{BoardLead, BoardPerson, IncidentLine, Of};

/// Lines for what is to be said of the selected lead, where there is room.
const NOTE: u16 = 3;

/// Draws what stands behind the chosen row.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) {
    let (theme, view) = (&scene.theme, &scene.model.team);
    let details = &view.details;
    let line = |number: u16| Rect { y: area.y + number, height: u16::from(number < area.height), ..area };
    let (title, mut told) = title(scene);
    let is_beside = |told: &str| cells(&title) + cells(told) + 3 <= usize::from(area.width);
    // How fast they answer is said where there is room.
    if let (Some(Pick::Leads(Of::Rep(_))), Some(seconds)) = (view.pick(), view.person().and_then(|it| it.acknowledges))
    {
        let more = format!("answers in {}", rough(seconds));
        let with = words::joined([Some(told.as_str()), Some(more.as_str())]);
        told = if is_beside(&with) { with } else { told };
    }
    // What does not fit beside the name stands beneath it, where there is room.
    let fits = is_beside(&told) || area.height < 4 * NOTE;
    let taken = if fits {
        canvas.pen(line(0)).put(&title, theme.strong).put(words::DOT, theme.dim).put(&told, theme.dim);
        1
    } else {
        canvas.pen(line(0)).put(&title, theme.strong);
        let lines = wrap(&told, usize::from(area.width), 2);
        for (text, number) in lines.iter().zip(1..) {
            canvas.pen(line(number)).put(text, theme.dim);
        }
        1 + u16::try_from(lines.len()).unwrap_or(0)
    };
    let taken = taken.min(area.height);
    let rest = Rect { y: area.y + taken, height: area.height - taken, ..area };
    let is_empty = details.leads.is_empty() && details.incidents.is_empty();
    let said = match (&details.trouble, details.read) {
        // What one had is there still, and so are the keys: the trouble stands above it.
        (Some(trouble), _) if !is_empty => {
            canvas.pen(Rect { height: rest.height.min(1), ..rest }).put(&trouble.why, theme.urgent);
            None
        }
        (Some(trouble), _) => Some((trouble.why.as_str(), theme.urgent)),
        (None, false) => Some(("One moment.", theme.dim)),
        (None, true) if is_empty => Some(("Nothing.", theme.dim)),
        (None, true) => None,
    };
    if let Some((said, style)) = said {
        let lines = wrap(said, usize::from(rest.width.saturating_sub(2)), usize::from(rest.height));
        for (text, y) in lines.iter().zip(rest.top()..rest.bottom()) {
            canvas.pen(Rect { y, height: 1, ..rest }).put(text, style);
        }
        return;
    }
    let above = u16::from(details.trouble.is_some()).min(rest.height);
    let rest = Rect { y: rest.y + above, height: rest.height - above, ..rest };
    let note = if rest.height > 2 * NOTE && !details.leads.is_empty() { NOTE } else { 0 };
    let list = Rect { height: rest.height - note, ..rest };
    let count = details.leads.len().max(details.incidents.len());
    let first = first_shown(details.at, count, usize::from(list.height));
    for (at, y) in (first..count).zip(list.top()..list.bottom()) {
        let place = Rect { y, height: 1, ..list };
        let is_selected = view.inside && at == details.at;
        let dim = if is_selected { theme.selection_dim } else { theme.dim };
        if is_selected {
            canvas.tint(place, theme.selection);
            let mark = if scene.model.settings.linear { ">" } else { "▌" };
            canvas.put(place.x, y, 1, mark, theme.accent);
        }
        let place = Rect { x: place.x + 1, width: place.width.saturating_sub(1), ..place };
        match (details.leads.get(at), details.incidents.get(at)) {
            (Some(lead), _) => draw_lead(canvas, scene, place, lead, (details.of.as_ref(), dim)),
            (None, Some(incident)) => draw_incident(canvas, scene, place, incident, dim),
            (None, None) => {}
        }
    }
    if let Some(lead) = details.leads.get(details.at).filter(|_| note > 0) {
        let note = Rect { y: list.bottom(), height: note, ..rest };
        draw_note(canvas, scene, note, lead);
    }
}

/// The name of what is shown, and what is known of it.
fn title(scene: &Scene<'_>) -> (String, String) {
    let view = &scene.model.team;
    let waits = |name: &str| (name.to_owned(), "the longest first".to_owned());
    match view.pick() {
        Some(Pick::Leads(Of::Rep(id))) => match view.person() {
            Some(person) => (person.name.clone(), of_person(scene, person)),
            None => (id, String::new()),
        },
        Some(Pick::Leads(Of::Queue(name))) => waits(&format!("The queue {name}")),
        Some(Pick::Leads(Of::Completion)) => {
            ("Data completion".into(), "the pre-flight failed; the longest first".into())
        }
        Some(Pick::Leads(Of::Idle)) => {
            ("Untouched".into(), "nobody answered or contacted them in time; the longest first".into())
        }
        Some(Pick::Incidents) => ("Breaches".into(), "the newest first".into()),
        None => ("Nothing".into(), "nobody takes leads here yet".into()),
    }
}

fn of_person(scene: &Scene<'_>, person: &BoardPerson) -> String {
    let of = |count: u32, cap: Option<u32>| cap.map_or(count.to_string(), |cap| format!("{count} of {cap}"));
    let next =
        person.next.as_ref().map(|next| format!("next {} {}", due_words(&next.what), scene.when.moment(next.at)));
    words::joined([
        Some(format!("{} open", of(person.open, person.open_cap)).as_str()),
        Some(format!("{} today", of(person.today, person.daily_cap)).as_str()),
        next.as_deref(),
        Some(presence(scene, person).as_str()),
    ])
}

/// What a clock is for, in words.
fn due_words(what: &str) -> &str {
    match what {
        "acceptance" => "answer",
        "first_contact" => "first contact",
        "no_activity" => "any activity",
        "next_step" => "agreed step",
        "stalled" => "stalled",
        "completion" => "data",
        "unassigned" => "owner",
        "deferral" => "return",
        other => other,
    }
}

fn draw_lead(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    line: Rect,
    lead: &BoardLead,
    (of, dim): (Option<&Pick>, Style),
) {
    let theme = &scene.theme;
    let (sign, left, style) = left(scene, lead);
    let style = if style == theme.dim { dim } else { style };
    let category = lead.category.map(|category| category.code()).unwrap_or_default();
    let of_list = !matches!(of, Some(Pick::Leads(Of::Rep(_))));
    let owner = lead.owner.as_deref().map(|owner| format!("with {owner}"));
    let missing: Vec<&str> = lead.missing.iter().map(|item| item.label.as_str()).collect();
    let about = match of {
        Some(Pick::Leads(Of::Completion)) => format!("lacks {}", missing.join(", ")),
        Some(Pick::Leads(Of::Idle)) => words::joined([lead.idle.map(|idle| idle.label()), owner.as_deref()]),
        _ => words::joined([Some(words::stage(lead.stage)), lead.company.as_deref()]),
    };
    let score = lead.score.map_or(String::new(), |score| score.to_string());
    if scene.model.settings.linear {
        let due = lead.due_what.as_deref().map(due_words).unwrap_or_default();
        let said = [lead.name.as_str(), left.as_str(), due, category, score.as_str(), about.as_str()];
        let said: Vec<&str> = said.into_iter().filter(|word| !word.is_empty()).collect();
        canvas.pen(line).gap(1).put(&said.join(", "), style);
        return;
    }
    let name = (line.width.saturating_sub(22) * 9 / 20).clamp(8, 28);
    let mut pen = canvas.pen(line);
    pen.put(sign, style).gap(1).column(12, &left, style).gap(1);
    pen.column(2, category, scene.category(category)).column(name, &lead.name, theme.text).gap(1);
    pen.column_right(3, &score, theme.text).gap(2).put(&about, dim);
    if of_list && pen.room() > 12 && !matches!(of, Some(Pick::Leads(Of::Idle))) {
        pen.put(words::DOT, dim).put(owner.as_deref().unwrap_or("nobody's"), dim);
    }
}

/// What is left of the next clock: its sign, its words, and how they look.
fn left(scene: &Scene<'_>, lead: &BoardLead) -> (&'static str, String, Style) {
    let theme = &scene.theme;
    let Some(due) = lead.due else {
        let since = lead.since.map(|since| rough((scene.when.now - since).num_seconds()));
        return (" ", since.unwrap_or_default(), theme.dim);
    };
    if lead.due_what.as_deref() == Some("deferral") {
        return ("‖", scene.when.moment(due), theme.dim);
    }
    let countdown = scene.present.count(&deadline(lead.mode, due), None);
    (countdown.urgency.glyph(), countdown.text.clone(), countdown.urgency.style(theme))
}

/// The clock as countdowns want it: of its kind they make nothing.
fn deadline(mode: Mode, due: crate::handoff::Time) -> Deadline {
    Deadline { clock: ClockKind::Acceptance, due: Some(due), mode, frozen: 0 }
}

/// When the countdowns that are shown change next.
pub fn next_change(scene: &Scene<'_>) -> Option<crate::handoff::Time> {
    let shown = scene.model.team.details.leads.iter().take(usize::from(scene.model.size.height));
    let running = shown.filter(|lead| lead.due_what.as_deref() != Some("deferral"));
    let counts = running.filter_map(|lead| Some(scene.present.count(&deadline(lead.mode, lead.due?), None)));
    counts.filter_map(|countdown| countdown.next_change).min()
}

fn draw_incident(canvas: &mut Canvas<'_>, scene: &Scene<'_>, line: Rect, incident: &IncidentLine, dim: Style) {
    let theme = &scene.theme;
    let when = scene.when.stamp(incident.at);
    let name = incident.name.as_deref().unwrap_or("another team's lead");
    let cause = format!("cause: {}", incident.cause.code());
    let window = format!("{}, window {}", due_words(&incident.clock), incident.window);
    let owner = incident.owner.as_ref().map_or("nobody held it".into(), |owner| format!("with {owner}"));
    if scene.model.settings.linear {
        let said = [name, when.as_str(), cause.as_str(), window.as_str(), owner.as_str()].join(", ");
        canvas.pen(line).gap(1).put(&said, theme.text);
        return;
    }
    let width = (line.width.saturating_sub(32) * 9 / 20).clamp(8, 28);
    let mut pen = canvas.pen(line);
    pen.column(14, &when, dim).gap(1).column(width, name, theme.text).gap(1);
    pen.column(15, &cause, theme.text).gap(2).put(&words::joined([Some(window.as_str()), Some(owner.as_str())]), dim);
}

/// Of the selected lead: its number and why it is here, then what it lacks.
fn draw_note(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, lead: &BoardLead) {
    let theme = &scene.theme;
    canvas.rule(Rect { height: 1, ..area }, theme.rule);
    let due = lead.due.zip(lead.due_what.as_deref());
    let due = due.map(|(at, what)| format!("{} due {}", due_words(what), scene.when.moment(at)));
    let number = format!("hub:{}", lead.id);
    let first =
        words::joined([Some(number.as_str()), Some(lead.name.as_str()), lead.company.as_deref(), due.as_deref()]);
    let missing = lead.missing.iter().map(|item| match &item.why {
        Some(why) => format!("{}: {why}", item.label),
        None => item.label.clone(),
    });
    let missing: Vec<String> = missing.collect();
    let second = if missing.is_empty() { lead.why.clone().unwrap_or_default() } else { missing.join("; ") };
    for (number, text, style) in [(1, &first, theme.text), (2, &second, theme.dim)] {
        let line = Rect { y: area.y + number, height: u16::from(number < area.height), ..area };
        canvas.pen(line).put(text, style);
    }
}

//! The rows: people by team, queues, and what no row of theirs shows.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::first_shown;
use crate::app::screen::team::Pick;
use crate::handoff::Time;
use crate::handoff::routing::Presence;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::rough;
use crate::wire::board::{Board, BoardPerson, MOST_COUNTED, Of, Waiting};

/// Open, soon, over, oldest and the cap.
const WIDTHS: [u16; 5] = [5, 6, 6, 7, 5];
/// Where there is nothing to tell.
const NONE: &str = "–";

/// A line of the table.
struct Line {
    /// What it chooses; nothing for a heading.
    pick: Option<Pick>,
    name: String,
    figures: [String; 5],
    /// What else is to be said.
    note: String,
    /// Something of it is late.
    is_late: bool,
}

/// Draws the rows into the area.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) {
    let (theme, view) = (&scene.theme, &scene.model.team);
    let Some(board) = &view.board else { return };
    let lines = lines(scene, board);
    let chosen = view.pick();
    let at = lines.iter().position(|line| line.pick.is_some() && line.pick == chosen).unwrap_or(0);
    let first = first_shown(at, lines.len(), usize::from(area.height));
    for (line, y) in lines.iter().skip(first).zip(area.top()..area.bottom()) {
        let place = Rect { y, height: 1, ..area };
        let is_chosen = line.pick.is_some() && line.pick == chosen;
        if is_chosen {
            canvas.tint(place, theme.selection);
            // The mark stands where the keys are.
            if !view.inside {
                canvas.put(place.x, y, 1, "▌", theme.accent);
            }
        }
        let dim = if is_chosen { theme.selection_dim } else { theme.dim };
        draw_line(canvas, scene, place, line, dim);
    }
}

fn draw_line(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, line: &Line, dim: Style) {
    let theme = &scene.theme;
    if scene.model.settings.linear {
        let is_person = matches!(line.pick, Some(Pick::Leads(Of::Rep(_))));
        let labels = [if is_person { "open" } else { "in all" }, "due soon", "over", "oldest", "at most"];
        let figures = line.figures.iter().zip(labels).filter(|(figure, _)| !figure.is_empty() && *figure != NONE);
        let told = figures
            .map(|(figure, label)| if line.pick.is_some() { format!("{figure} {label}") } else { String::new() });
        let words: Vec<String> = std::iter::once(line.name.clone()).chain(told).chain([line.note.clone()]).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        canvas.pen(area).gap(2).put(&words.join(", "), theme.text);
        return;
    }
    let is_heading = line.pick.is_none();
    let figures: u16 = WIDTHS.iter().sum();
    let name = (area.width.saturating_sub(figures + 6) / 2).clamp(14, 26);
    let mut pen = canvas.pen(area);
    pen.gap(2).column(name, &line.name, if is_heading { theme.dim } else { theme.text });
    for (number, (figure, width)) in line.figures.iter().zip(WIDTHS).enumerate() {
        let style = match number {
            _ if is_heading || figure == NONE => dim,
            2 if line.is_late => theme.over,
            _ => theme.text,
        };
        pen.column_right(width, figure, style);
    }
    pen.gap(2).put(&line.note, dim);
}

fn lines(scene: &Scene<'_>, board: &Board) -> Vec<Line> {
    let mut lines = Vec::new();
    let heading = |name: &str, figures: [&str; 5], note: String| Line {
        pick: None,
        name: name.into(),
        figures: figures.map(str::to_owned),
        note,
        is_late: false,
    };
    if board.teams.is_empty() {
        lines.push(heading("nobody takes leads here yet", [""; 5], String::new()));
    }
    for team in &board.teams {
        let manager = team.manager.as_ref().map(|manager| format!("managed by {manager}")).unwrap_or_default();
        let name = team.name.as_deref().unwrap_or("in no team");
        lines.push(heading(name, ["open", "soon", "over", "oldest", "cap"], manager));
        lines.extend(team.people.iter().map(|person| of_person(scene, person)));
        if team.people.is_empty() {
            lines.push(heading("nobody takes leads", [""; 5], String::new()));
        }
    }
    let is_linear = scene.model.settings.linear;
    let watched = if is_linear { "" } else { "watched by" };
    lines.push(heading("queues", ["wait", "", "", "oldest", ""], watched.into()));
    for queue in &board.queues {
        let monitor = queue.monitor.as_deref().unwrap_or("nobody");
        let monitor = if is_linear { format!("watched by {monitor}") } else { monitor.into() };
        lines.push(of_list(scene, Of::Queue(queue.name.clone()), &queue.name, &queue.waiting, monitor));
    }
    lines.push(heading("lists", ["", "", "", "oldest", ""], String::new()));
    lines.push(of_list(scene, Of::Completion, "Data completion", &board.completion, String::new()));
    lines.push(of_list(scene, Of::Idle, "Untouched", &board.idle, String::new()));
    for (source, refused) in &board.refused {
        let (count, what) = (counted(*refused), if *refused == 1 { "answer" } else { "answers" });
        // What no key leads to is no figure where lines are read out.
        let note = if is_linear {
            format!("{count} {what}: leadbox hub bridge list")
        } else {
            "leadbox hub bridge list".into()
        };
        lines.push(heading(&format!("refused by {source}"), [&count, "", "", "", ""], note));
    }
    let causes: Vec<String> =
        board.incidents.iter().map(|(cause, count)| format!("{} {count}", cause.code())).collect();
    let all: u32 = board.incidents.values().sum();
    lines.push(Line {
        pick: Some(Pick::Incidents),
        name: "Breaches".into(),
        figures: [counted(all), String::new(), String::new(), String::new(), String::new()],
        note: if causes.is_empty() { "none in 24 h".into() } else { format!("in 24 h: {}", causes.join(", ")) },
        is_late: false,
    });
    lines
}

fn of_person(scene: &Scene<'_>, person: &BoardPerson) -> Line {
    let cap = person.open_cap.map_or(NONE.into(), |cap| cap.to_string());
    let oldest = person.oldest.map_or(NONE.into(), |since| age(scene, since));
    Line {
        pick: Some(Pick::Leads(Of::Rep(person.id.clone()))),
        name: person.name.clone(),
        figures: [person.open.to_string(), counted(person.soon), counted(person.over), oldest, cap],
        note: presence(scene, person),
        is_late: person.over > 0,
    }
}

fn of_list(scene: &Scene<'_>, of: Of, name: &str, waiting: &Waiting, note: String) -> Line {
    let oldest = waiting.oldest.map_or(NONE.into(), |since| age(scene, since));
    Line {
        pick: Some(Pick::Leads(of)),
        name: name.into(),
        figures: [counted(waiting.count), String::new(), String::new(), oldest, String::new()],
        note,
        is_late: false,
    }
}

fn age(scene: &Scene<'_>, since: Time) -> String {
    rough((scene.when.now - since).num_seconds())
}

/// A count as far as it was counted; a dash for none.
fn counted(count: u32) -> String {
    match count {
        0 => NONE.into(),
        MOST_COUNTED.. => format!("{MOST_COUNTED}+"),
        count => count.to_string(),
    }
}

/// Whether somebody is there, in words.
pub(super) fn presence(scene: &Scene<'_>, person: &BoardPerson) -> String {
    let until = |until: &Option<Time>| until.map(|at| format!(" until {}", scene.when.moment(at))).unwrap_or_default();
    match (&person.presence, &person.paused) {
        (Presence::Left, _) => "has left".into(),
        (Presence::Paused, why) => format!("paused: {}", why.as_deref().unwrap_or("no reason")),
        (Presence::Away { why, until: at }, _) if why.is_empty() => format!("away{}", until(at)),
        (Presence::Away { why, until: at }, _) => format!("away{}, {why}", until(at)),
        (Presence::Busy { until: at }, _) => format!("busy{}", until(at)),
        (Presence::Closed { until: at }, _) => format!("off{}", until(at)),
        (Presence::There, _) if person.open_cap.is_some_and(|cap| person.open >= cap) => "there, full".into(),
        (Presence::There, _) if person.daily_cap.is_some_and(|cap| person.today >= cap) => "there, full today".into(),
        (Presence::There, _) => "there".into(),
    }
}

//! Reading a mapping from TOML, with every mistake told by its place and a hint.

use std::ops::Range;

use chrono_tz::Tz;

use crate::handoff::score::Axis;

use super::date::{Format, truth};
use super::error::{MappingError, listing};
use super::fields::{FIELDS, Field, Kind, is_posted};
use super::mapping::{ActivityMap, Condition, Join, Mapping, PartMap, ScoreMap, With};
use super::post_map::PostMap;
use super::toml_table::{Doc, Key, Node, Table, unknown_key};
use super::value::{Choice, Column, Columns, From, Part, Template, Value, Words};
use super::write_map::WriteMap;
use crate::handoff::similar::{similar, similar_zone};

const TOP: [&str; 17] = [
    "source",
    "id",
    "join",
    "activities",
    "detect",
    "optional",
    "null",
    "delimiter",
    "zone",
    "dates",
    "known",
    "rest",
    "drop",
    "skip",
    "lead",
    "score",
    "activity",
];
const AXES: [Axis; 4] = [Axis::Fit, Axis::Intent, Axis::Behavior, Axis::Combined];
const GROUPS: [&str; 3] = ["person", "company", "attribution"];

/// The keys of a mapping for posts.
const TOP_OF_POSTS: [&str; 9] = ["id", "null", "zone", "dates", "rest", "drop", "skip", "lead", "activity"];

/// The keys of a mapping for a CRM's records.
const TOP_OF_RECORDS: [&str; 11] =
    ["id", "null", "zone", "dates", "rest", "drop", "skip", "lead", "score", "activity", "write"];

/// Reads a mapping. `file` is how messages name it.
pub fn parse(file: &str, text: &str) -> Result<Mapping, MappingError> {
    let doc = Doc { file, text };
    let root = doc.parse()?;
    let top = Table::root(doc, &root, &TOP)?;
    let optional = top.get("optional").map(|node| node.bool()).transpose()?.unwrap_or(false);
    let mut reader = Reader { doc, optional, is_post: false, columns: Columns::default() };
    let mut mapping = reader.top(&top)?;
    mapping.columns = reader.columns;
    Ok(mapping)
}

/// Reads a mapping for what a sender posts, with its table `[post]`.
pub fn parse_posts(file: &str, text: &str) -> Result<(Mapping, PostMap), MappingError> {
    let doc = Doc { file, text };
    let root = doc.parse()?;
    let keys: Vec<&str> = TOP_OF_POSTS.into_iter().chain(["post"]).collect();
    let top = Table::root(doc, &root, &keys)?;
    let mut reader = Reader { doc, optional: true, is_post: true, columns: Columns::default() };
    let mut mapping = reader.top(&top)?;
    let post = reader.post(top.get("post"))?;
    mapping.columns = reader.columns;
    Ok((mapping, post))
}

/// Reads a mapping for the records of a CRM, with its table `[write]`.
pub fn parse_records(file: &str, text: &str) -> Result<(Mapping, WriteMap), MappingError> {
    let doc = Doc { file, text };
    let root = doc.parse()?;
    let top = Table::root(doc, &root, &TOP_OF_RECORDS)?;
    let mut reader = Reader { doc, optional: true, is_post: false, columns: Columns::default() };
    let mut mapping = reader.top(&top)?;
    let write = top.get("write").map(WriteMap::read).transpose()?.unwrap_or_default();
    mapping.columns = reader.columns;
    Ok((mapping, write))
}

pub(super) struct Reader<'a> {
    doc: Doc<'a>,
    optional: bool,
    /// It is for what a sender posts to a hub.
    is_post: bool,
    columns: Columns,
}

impl<'a> Reader<'a> {
    fn top(&mut self, top: &Table<'a>) -> Result<Mapping, MappingError> {
        let strings = |key: &str| top.get(key).map(|node| node.strings()).transpose().map(Option::unwrap_or_default);
        let mut mapping = Mapping { file: self.doc.file.to_owned(), rest: true, ..Mapping::default() };
        mapping.source = match top.get("source") {
            // A bare text is the name itself here, since a source is nearly always the same for all rows.
            Some(node) if !node.is_table() && !node.is_array() => Value::constant(node.str()?),
            node => self.optional_value(node, Kind::Text)?,
        };
        mapping.id = self.optional_value(top.get("id"), Kind::Text)?;
        mapping.join = top.get("join").map(|node| self.join(node)).transpose()?;
        if mapping.id.is_none() && mapping.join.is_none() && !self.is_post {
            let hint = "say which column identifies a lead: id = \"Lead ID\" (or join = … for a file of activities)";
            return Err(self.doc.error(0..0, "there is no `id`", hint));
        }
        mapping.activities = top.get("activities").map(|node| node.str().map(str::to_owned)).transpose()?;
        mapping.detect = strings("detect")?;
        mapping.nulls = strings("null")?;
        mapping.drop = strings("drop")?;
        mapping.delimiter = top.get("delimiter").map(delimiter).transpose()?;
        mapping.zone = top.get("zone").map(zone).transpose()?;
        mapping.formats = top.get("dates").map(formats).transpose()?.unwrap_or_default();
        if let Some(node) = top.get("known") {
            mapping.keeps_known = match node.str()? {
                "keep" => true,
                "update" => false,
                other => {
                    return Err(node.error(format!("`known` cannot be “{other}”"), "give \"keep\" or \"update\""));
                }
            };
        }
        if let Some(node) = top.get("rest") {
            mapping.rest = match node.str()? {
                "keep" => true,
                "drop" => false,
                other => return Err(node.error(format!("`rest` cannot be “{other}”"), "give \"keep\" or \"drop\"")),
            };
        }
        mapping.skip = self.conditions(top.get("skip"))?;
        if let Some(node) = top.get("lead") {
            self.lead(node, &mut mapping)?;
        }
        if let Some(node) = top.get("score") {
            mapping.score = self.score(node)?;
        }
        if let Some(node) = top.get("activity") {
            for (key, node) in node.entries()? {
                let activity = self.activity(key.name, node)?;
                mapping.trail.push(activity);
            }
        }
        Ok(mapping)
    }

    fn lead(&mut self, node: Node<'a>, mapping: &mut Mapping) -> Result<(), MappingError> {
        let plain = FIELDS.iter().filter(|field| field.0.is_empty() && self.may(field)).map(|(_, key, _)| *key);
        let others: &[&str] = match self.is_post {
            true => &["trigger", "extras"],
            false => &["stage", "category", "trigger", "routing", "preflight", "extras"],
        };
        let keys: Vec<&str> = plain.chain(GROUPS).chain(others.iter().copied()).collect();
        let table = node.table(&keys)?;
        for (key, node) in table.entries() {
            match key.name {
                "stage" => mapping.stage = self.value(*node, Kind::Stage)?,
                "category" => mapping.category = self.value(*node, Kind::Category)?,
                "trigger" => self.trigger(*node, mapping)?,
                "routing" => self.routing(*node, mapping)?,
                "preflight" => mapping.preflight = self.named(*node, Kind::Flag)?,
                "extras" => mapping.extras = self.named(*node, Kind::Text)?,
                group if GROUPS.contains(&group) => {
                    for (key, node) in node.entries()? {
                        self.field(group, &key, node, mapping)?;
                    }
                }
                _ => self.field("", key, *node, mapping)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, group: &str, key: &Key<'a>, node: Node<'a>, mapping: &mut Mapping) -> Result<(), MappingError> {
        let mut fields = FIELDS.iter().filter(|field| field.0 == group && self.may(field));
        let Some(&field) = fields.clone().find(|(_, name, _)| *name == key.name) else {
            let keys: Vec<&str> = fields.by_ref().map(|(_, name, _)| *name).collect();
            return Err(unknown_key(self.doc, key, &format!("lead.{group}"), &keys));
        };
        let value = self.value(node, field.2.kind())?;
        mapping.fields.push((field, value));
        Ok(())
    }

    /// Whether this mapping can fill the field.
    fn may(&self, field: &Field) -> bool {
        !self.is_post || is_posted(field)
    }

    fn trigger(&mut self, node: Node<'a>, mapping: &mut Mapping) -> Result<(), MappingError> {
        let table = node.table(&["kind", "what", "at", "before", "after", "threshold"])?;
        let trigger = &mut mapping.trigger;
        trigger.kind = match table.get("kind") {
            Some(kind) => self.value(kind, Kind::Trigger)?,
            None => return Err(node.error("a trigger has no `kind`", format!("give one of {}", words(Kind::Trigger)))),
        };
        trigger.what = self.optional_value(table.get("what"), Kind::Text)?;
        trigger.at = self.optional_value(table.get("at"), Kind::Time)?;
        trigger.before = self.optional_value(table.get("before"), Kind::Number)?;
        trigger.after = self.optional_value(table.get("after"), Kind::Number)?;
        trigger.threshold = self.optional_value(table.get("threshold"), Kind::Number)?;
        Ok(())
    }

    fn routing(&mut self, node: Node<'a>, mapping: &mut Mapping) -> Result<(), MappingError> {
        let table = node.table(&["rule", "queue", "pinned", "at"])?;
        let routing = &mut mapping.routing;
        routing.rule = match table.get("rule") {
            Some(rule) => self.value(rule, Kind::Text)?,
            None => return Err(node.error("a routing has no `rule`", "say which column names the rule")),
        };
        routing.queue = self.optional_value(table.get("queue"), Kind::Text)?;
        routing.pinned = self.optional_value(table.get("pinned"), Kind::Flag)?;
        routing.at = self.optional_value(table.get("at"), Kind::Time)?;
        Ok(())
    }

    fn score(&mut self, node: Node<'a>) -> Result<ScoreMap, MappingError> {
        let table = node.table(&["total", "fit", "intent", "behavior", "model", "parts"])?;
        let mut parts = Vec::new();
        for (key, node) in table.get("parts").map(Node::entries).transpose()?.unwrap_or_default() {
            let part = node.table(&["axis", "points", "at"])?;
            let (Some(axis), Some(points)) = (part.get("axis"), part.get("points")) else {
                let what = format!("the part `{}` lacks `axis` or `points`", key.name);
                return Err(node.error(what, "give axis = \"fit\" and points = \"COLUMN\""));
            };
            let Some(dimension) = AXES.into_iter().find(|it| Ok(it.code()) == axis.str()) else {
                let what = format!("there is no dimension “{}”", axis.str()?);
                return Err(axis.error(what, format!("there are {}", listing(AXES.map(Axis::code)))));
            };
            parts.push(PartMap {
                axis: dimension,
                label: key.name.to_owned(),
                points: self.value(points, Kind::Number)?,
                at: self.optional_value(part.get("at"), Kind::Time)?,
            });
        }
        Ok(ScoreMap {
            total: self.optional_value(table.get("total"), Kind::Number)?,
            fit: self.optional_value(table.get("fit"), Kind::Number)?,
            intent: self.optional_value(table.get("intent"), Kind::Number)?,
            behavior: self.optional_value(table.get("behavior"), Kind::Number)?,
            model: self.optional_value(table.get("model"), Kind::Text)?,
            parts,
        })
    }

    fn activity(&mut self, name: &str, node: Node<'a>) -> Result<ActivityMap, MappingError> {
        let keys = ["id", "kind", "direction", "at", "actor", "outcome", "text", "url", "when"];
        let table = node.table(&keys)?;
        let Some(kind) = table.get("kind") else {
            let hint = format!(
                "give a constant, kind = {{ value = \"call\" }}, or a column with a map to {}",
                words(Kind::Activity)
            );
            return Err(node.error(format!("the activity `{name}` has no `kind`"), hint));
        };
        Ok(ActivityMap {
            name: name.to_owned(),
            kind: self.value(kind, Kind::Activity)?,
            id: self.optional_value(table.get("id"), Kind::Text)?,
            direction: self.optional_value(table.get("direction"), Kind::Direction)?,
            at: self.optional_value(table.get("at"), Kind::Time)?,
            actor: self.optional_value(table.get("actor"), Kind::Text)?,
            outcome: self.optional_value(table.get("outcome"), Kind::Text)?,
            text: self.optional_value(table.get("text"), Kind::Text)?,
            url: self.optional_value(table.get("url"), Kind::Text)?,
            when: self.conditions(table.get("when"))?,
        })
    }

    fn join(&mut self, node: Node<'a>) -> Result<Join, MappingError> {
        let table = node.table(&["column", "with"])?;
        let Some(column) = table.get("column") else {
            return Err(node.error("a join has no `column`", "say which column names the lead: column = \"Lead ID\""));
        };
        let with = match table.get("with") {
            None => With::Id,
            Some(with) => match with.str()? {
                "id" => With::Id,
                "email" => With::Email,
                "phone" => With::Phone,
                "any" => With::Any,
                other => {
                    let what = format!("rows cannot be joined with “{other}”");
                    return Err(with.error(what, "give \"id\", \"email\", \"phone\" or \"any\" (id or e-mail)"));
                }
            },
        };
        Ok(Join { key: self.value(column, Kind::Text)?, with })
    }

    fn conditions(&mut self, node: Option<Node<'a>>) -> Result<Vec<Condition>, MappingError> {
        let Some(node) = node else { return Ok(Vec::new()) };
        if !node.is_array() {
            return Ok(vec![self.condition(node)?]);
        }
        node.items().map(|item| self.condition(item)).collect()
    }

    fn condition(&mut self, node: Node<'a>) -> Result<Condition, MappingError> {
        let table = node.table(&["column", "is", "not", "unlike"])?;
        let Some(column) = table.get("column") else {
            return Err(node.error("a condition has no `column`", "say which column it looks at"));
        };
        Ok(Condition {
            column: self.column(column.str()?, column.value.span(), false),
            is: table.get("is").map(|node| node.strings()).transpose()?,
            not: table.get("not").map(|node| node.strings()).transpose()?.unwrap_or_default(),
            unlike: match table.get("unlike") {
                Some(other) => Some(self.column(other.str()?, other.value.span(), false)),
                None => None,
            },
        })
    }

    fn named(&mut self, node: Node<'a>, kind: Kind) -> Result<Vec<(String, Value)>, MappingError> {
        node.entries()?.into_iter().map(|(key, node)| Ok((key.name.to_owned(), self.value(node, kind)?))).collect()
    }

    pub(super) fn optional_value(&mut self, node: Option<Node<'a>>, kind: Kind) -> Result<Value, MappingError> {
        node.map_or_else(|| Ok(Value::default()), |node| self.value(node, kind))
    }

    /// A column, a table that says more, or a list of both of which the first that gives something counts.
    fn value(&mut self, node: Node<'a>, kind: Kind) -> Result<Value, MappingError> {
        if !node.is_array() {
            return Ok(Value { choices: vec![self.choice(node, kind)?] });
        }
        let choices = node.items().map(|item| self.choice(item, kind)).collect::<Result<_, _>>()?;
        Ok(Value { choices })
    }

    fn choice(&mut self, node: Node<'a>, kind: Kind) -> Result<Choice, MappingError> {
        let bare = Choice::new;
        if !node.is_table() {
            let column = self.column(node.str()?, node.value.span(), false);
            return Ok(bare(From::Column(column)));
        }
        let keys = ["column", "value", "template", "map", "default", "scale", "optional", "lower", "negate"];
        let table = node.table(&keys)?;
        let optional = table.get("optional").map(|node| node.bool()).transpose()?.unwrap_or(false);
        let map = table.get("map");
        let from = match (table.get("column"), table.get("value"), table.get("template")) {
            (Some(column), None, None) => From::Column(self.column(column.str()?, column.value.span(), optional)),
            (None, Some(value), None) => {
                if map.is_none() {
                    check_word(value, value.str()?, kind)?;
                }
                From::Constant(value.str()?.to_owned())
            }
            (None, None, Some(template)) => From::Template(self.template(template, optional)?),
            _ => {
                let what = format!("`{}` must come from one thing", node.path);
                return Err(node.error(what, "give either `column`, `value` or `template`"));
            }
        };
        let mut choice = bare(from);
        choice.map = map.map(|node| word_map(node, kind)).transpose()?;
        if let Some(node) = table.get("default") {
            check_word(node, node.str()?, kind)?;
            choice.default = Some(node.str()?.to_owned());
        }
        if let Some(node) = table.get("scale") {
            choice.scale = node.number()?;
        }
        if let Some(node) = table.get("lower") {
            choice.lower = node.bool()?;
        }
        if let Some(node) = table.get("negate") {
            choice.negate = node.bool()?;
            if kind != Kind::Flag {
                return Err(node.error("only a yes or no can be negated", "leave `negate` out here"));
            }
        }
        Ok(choice)
    }

    fn column(&mut self, name: &str, span: Range<usize>, optional: bool) -> Column {
        let optional = optional || self.optional;
        if let Some(number) = self.columns.names.iter().position(|known| known == name) {
            self.columns.optional[number] &= optional;
            return Column(number);
        }
        self.columns.names.push(name.to_owned());
        self.columns.places.push(self.doc.place(span.start));
        self.columns.optional.push(optional);
        Column(self.columns.names.len() - 1)
    }

    fn template(&mut self, node: Node<'a>, optional: bool) -> Result<Template, MappingError> {
        let mut parts = Vec::new();
        let mut group: Option<Vec<Part>> = None;
        let mut rest = node.str()?;
        while let Some(at) = rest.find(['{', '[', ']']) {
            let (before, sign) = (&rest[..at], rest.as_bytes()[at]);
            let into = group.as_mut().unwrap_or(&mut parts);
            if !before.is_empty() {
                into.push(Part::Text(before.to_owned()));
            }
            rest = &rest[at + 1..];
            match sign {
                b'{' => {
                    let Some((name, after)) = rest.split_once('}') else {
                        return Err(node.error("a `{` of the template is never closed", "put `}` after the column"));
                    };
                    into.push(Part::Column(self.column(name, node.value.span(), optional)));
                    rest = after;
                }
                b'[' if group.is_none() => group = Some(Vec::new()),
                b']' if group.is_some() => parts.extend(group.take().map(Part::Group)),
                _ => {
                    return Err(
                        node.error("the brackets of the template do not match", "groups cannot stand in groups")
                    );
                }
            }
        }
        if group.is_some() {
            return Err(node.error("a `[` of the template is never closed", "put `]` after the group"));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template { parts })
    }
}

fn word_map(node: Node<'_>, kind: Kind) -> Result<Words, MappingError> {
    let mut map = Words::default();
    for (key, value) in node.entries()? {
        check_word(value, value.str()?, kind)?;
        map.insert(key.name, value.str()?);
    }
    Ok(map)
}

/// Refuses a word that a typed field cannot take. The empty word means "nothing".
fn check_word(node: Node<'_>, word: &str, kind: Kind) -> Result<(), MappingError> {
    let known = kind.words();
    let flag = kind == Kind::Flag && truth(word).is_some();
    if word.is_empty() || known.is_empty() || known.contains(&word) || flag {
        return Ok(());
    }
    let hint = match similar(word, known.iter().copied()) {
        Some(near) => format!("did you mean “{near}”?"),
        None => format!("there are {}", listing(known)),
    };
    Err(node.error(format!("“{word}” is not possible here"), hint))
}

fn words(kind: Kind) -> String {
    listing(kind.words())
}

fn delimiter(node: Node<'_>) -> Result<u8, MappingError> {
    match node.str()?.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r') => {
            Ok(*byte)
        }
        _ => Err(node.error(
            "a delimiter is one character, and no letter, figure, quote or line end",
            "give it as delimiter = \"^\", or \"\\t\" for a tab",
        )),
    }
}

fn zone(node: Node<'_>) -> Result<Tz, MappingError> {
    let name = node.str()?;
    name.parse().map_err(|_| {
        let near = similar_zone(name);
        let hint = near
            .map_or("give an IANA name such as \"Europe/Berlin\"".to_owned(), |near| format!("did you mean “{near}”?"));
        node.error(format!("there is no zone “{name}”"), hint)
    })
}

fn formats(node: Node<'_>) -> Result<Vec<Format>, MappingError> {
    let read = |node: Node<'_>| {
        let text = node.str()?;
        Format::parse(text).ok_or_else(|| {
            node.error(
                format!("“{text}” is not a date format"),
                "give a pattern such as \"%d.%m.%Y %H:%M\", or \"epoch\" or \"epoch_ms\"",
            )
        })
    };
    if node.is_array() { node.items().map(read).collect() } else { Ok(vec![read(node)?]) }
}

//! `POST /crm/objects/…/{kind}/search`.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, invalid, millis};
use super::objects::{shown, strings};
use super::records::{Kind, Record, created_name, kind as kind_named, modified_name, singular};
use super::state::State;

/// How a value is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Has,
    HasNot,
    Among,
    NotAmong,
    Above,
    AtLeast,
    Below,
    AtMost,
    Between,
    Holds,
    HoldsNot,
}

impl Operator {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "HAS_PROPERTY" => Self::Has,
            "NOT_HAS_PROPERTY" => Self::HasNot,
            "EQ" | "IN" => Self::Among,
            "NEQ" | "NOT_IN" => Self::NotAmong,
            "GT" => Self::Above,
            "GTE" => Self::AtLeast,
            "LT" => Self::Below,
            "LTE" => Self::AtMost,
            "BETWEEN" => Self::Between,
            "CONTAINS_TOKEN" => Self::Holds,
            "NOT_CONTAINS_TOKEN" => Self::HoldsNot,
            _ => return None,
        })
    }
}

/// Where a number of a record stands. Searches walk all records: nothing is looked up by name that need not be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Id,
    Modified,
    Created,
    Property,
}

impl Place {
    fn of(kind: Kind, name: &str) -> Self {
        match name {
            "hs_object_id" => Self::Id,
            _ if name == modified_name(kind) => Self::Modified,
            _ if name == created_name(kind) => Self::Created,
            _ => Self::Property,
        }
    }
}

/// One condition, read.
struct Filter {
    name: String,
    place: Place,
    operator: Operator,
    /// The value, the values, or both ends.
    values: Vec<String>,
    numbers: Vec<f64>,
    /// It is about numbers or times.
    is_number: bool,
    /// It is about links with this kind.
    linked: Option<Kind>,
}

/// Answers a search; `size` is that of the body, in bytes.
pub fn search(state: &mut State, kind: Kind, body: &Value, size: usize) -> Said {
    let groups = groups(state, kind, body)?;
    let number = |name: &str, otherwise: usize| match &body[name] {
        Value::Null => Ok(otherwise),
        Value::Number(number) => usize::try_from(number.as_u64().unwrap_or(u64::MAX)).map_err(|_| bad("no number")),
        Value::String(text) if text.is_empty() => Ok(otherwise),
        Value::String(text) => text.parse().map_err(|_| bad(&format!("{name} is no number: {text}"))),
        _ => Err(bad(&format!("{name} is no number"))),
    };
    let (limit, after) = (number("limit", 10)?, number("after", 0)?);
    if !(1..=200).contains(&limit) {
        return Err(bad("The maximum value for limit is 200"));
    }
    if size > 3000 {
        return Err(bad("The maximum size of a search request is 3000 characters"));
    }
    if after >= 10_000 {
        return Err(bad("The search cannot page beyond 10000 results"));
    }
    let sort = sort(state, kind, &body["sorts"])?;
    let query = body["query"].as_str().unwrap_or_default().to_lowercase();
    let said = |record: &Record| {
        record.values.values().any(|versions| versions[0].value.to_lowercase().contains(query.as_str()))
    };
    let now = state.now;
    // One group that begins behind an id need not look at what stands before.
    let from = match groups.as_slice() {
        [group] => match group.first() {
            Some(first) if first.place == Place::Id && first.operator == Operator::Above => first.numbers[0] as u64,
            _ => 0,
        },
        _ => 0,
    };
    let mut found: Vec<&Arc<Record>> = state
        .records
        .known(kind, now, from)
        .filter(|record| groups.is_empty() || groups.iter().any(|group| group.iter().all(|one| one.fits(record))))
        .filter(|record| query.is_empty() || said(record))
        .collect();
    // By id they are in order already.
    if let Some(sort) = sort.filter(|sort| sort.is_down || sort.place != Place::Id) {
        found.sort_by(|one, other| sort.order(kind, one, other));
    }
    let (total, properties) = (found.len(), strings(&body["properties"]));
    let end = (after + limit).min(total).min(10_000);
    let shown = |record: &&Arc<Record>| shown(kind, record, &properties, &[], true);
    let results: Vec<Value> = found.get(after..end).unwrap_or_default().iter().map(shown).collect();
    let mut answer = json!({ "total": total, "results": results });
    if end < total {
        answer["paging"] = json!({ "next": { "after": end.to_string() } });
    }
    Ok(Answer::new(200, answer))
}

fn groups(state: &State, kind: Kind, body: &Value) -> Result<Vec<Vec<Filter>>, Answer> {
    let groups = body["filterGroups"].as_array().map(Vec::as_slice).unwrap_or_default();
    let filters = |group: &Value| group["filters"].as_array().cloned().unwrap_or_default();
    let sizes: Vec<usize> = groups.iter().map(|group| filters(group).len()).collect();
    if groups.len() > 5 || sizes.iter().any(|size| *size > 6) || sizes.iter().sum::<usize>() > 18 {
        return Err(bad("At most 5 filterGroups with at most 6 filters each are allowed, 18 filters in total"));
    }
    let read = |group: &Value| {
        let mut group: Vec<Filter> =
            filters(group).iter().map(|one| Filter::read(state, kind, one)).collect::<Result<_, _>>()?;
        // The cheap ones first.
        group.sort_by_key(|filter| filter.place);
        Ok(group)
    };
    groups.iter().map(read).collect()
}

/// A property's name, if search knows it, and whether it is a number or time.
fn known(state: &State, kind: Kind, name: &str) -> Result<(bool, bool), Answer> {
    let Some(definition) = state.definitions.get(kind, name) else {
        return Err(invalid("PROPERTY_DOESNT_EXIST", name, &format!("Property \"{name}\" does not exist")));
    };
    Ok((definition.sort == "number" || definition.sort == "datetime", definition.sort == "datetime"))
}

impl Filter {
    fn read(state: &State, kind: Kind, filter: &Value) -> Result<Self, Answer> {
        let text = |name: &str| filter[name].as_str().map(str::to_owned);
        let name = text("propertyName").ok_or_else(|| bad("propertyName must not be null"))?;
        let operator = text("operator").ok_or_else(|| bad("operator must not be null"))?;
        let how = Operator::named(&operator).ok_or_else(|| bad(&format!("{operator} is no operator")))?;
        let (values, wanted) = match how {
            Operator::Has | Operator::HasNot => (Vec::new(), 0),
            Operator::Between => (text("value").into_iter().chain(text("highValue")).collect(), 2),
            _ if operator.ends_with("IN") => (strings(&filter["values"]), 1),
            _ => (text("value").into_iter().collect::<Vec<_>>(), 1),
        };
        if values.len() < wanted {
            return Err(bad(&format!("{operator} on {name} lacks its value")));
        }
        let linked = match name.strip_prefix("associations.") {
            Some(to) => Some(linkable(state, to)?),
            None => None,
        };
        let (is_number, is_time) = if linked.is_some() { (false, false) } else { known(state, kind, &name)? };
        let number = |value: &String| match value.parse::<f64>() {
            Ok(number) => Ok(number),
            Err(_) if is_time => Err(bad(&format!("{name} is compared by milliseconds since 1970, not by {value}"))),
            Err(_) => Err(bad(&format!("{value} is no number"))),
        };
        let numbers = if is_number { values.iter().map(number).collect::<Result<_, _>>()? } else { Vec::new() };
        Ok(Self { place: Place::of(kind, &name), name, operator: how, values, numbers, is_number, linked })
    }

    fn fits(&self, record: &Record) -> bool {
        if let Some(to) = self.linked {
            return record.links.iter().any(|link| link.0 == to && self.values.contains(&link.1.to_string()));
        }
        if self.is_number {
            let value = number(record, self.place, &self.name);
            return self.holds(value.as_ref(), &self.numbers, |one, other| one.total_cmp(other));
        }
        let value = record.text(&self.name);
        if matches!(self.operator, Operator::Holds | Operator::HoldsNot) {
            let token = self.values[0].trim_matches('*').to_lowercase();
            let has = value.map(|value| value.to_lowercase().contains(&token));
            return has == Some(self.operator == Operator::Holds);
        }
        // Case does not count; nothing is copied, since this is asked of every record.
        let order = |one: &str, other: &str| {
            if one.eq_ignore_ascii_case(other) { Ordering::Equal } else { one.cmp(other) }
        };
        self.holds(value, &self.values, |one, other| order(one, other))
    }

    fn holds<V: ?Sized, W>(&self, value: Option<&V>, values: &[W], order: impl Fn(&V, &W) -> Ordering) -> bool {
        let Some(value) = value else { return self.operator == Operator::HasNot };
        let with = |n: usize| order(value, &values[n]);
        let is_among = || values.iter().any(|other| order(value, other).is_eq());
        match self.operator {
            Operator::Has => true,
            Operator::Among => is_among(),
            Operator::NotAmong => !is_among(),
            Operator::Above => with(0).is_gt(),
            Operator::AtLeast => with(0).is_ge(),
            Operator::Below => with(0).is_lt(),
            Operator::AtMost => with(0).is_le(),
            Operator::Between => with(0).is_ge() && with(1).is_le(),
            Operator::HasNot | Operator::Holds | Operator::HoldsNot => false,
        }
    }
}

/// The kind that `associations.…` names, which is in the singular.
fn linkable(state: &State, name: &str) -> Result<Kind, Answer> {
    let kind = kind_named(name).filter(|kind| singular(kind) == name);
    let may = kind.filter(|kind| *kind != "leads" || state.account.searches_by_lead);
    may.ok_or_else(|| bad(&format!("There was a problem with the request: associations.{name} cannot be filtered by")))
}

fn number(record: &Record, place: Place, name: &str) -> Option<f64> {
    match place {
        Place::Id => Some(record.id as f64),
        Place::Modified => Some(record.modified as f64),
        Place::Created => Some(record.created as f64),
        Place::Property => {
            let value = record.text(name)?;
            value.parse().ok().or_else(|| millis(value).map(|at| at as f64))
        }
    }
}

struct Sort {
    name: String,
    place: Place,
    is_number: bool,
    is_down: bool,
}

/// At most one order, as an object. What is the same by it comes in no order that means anything.
fn sort(state: &State, kind: Kind, sorts: &Value) -> Result<Option<Sort>, Answer> {
    let sorts = sorts.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(first) = sorts.first() else { return Ok(None) };
    let Some(name) = first["propertyName"].as_str().filter(|_| sorts.len() == 1) else {
        return Err(bad("sorts takes one object with propertyName and direction"));
    };
    let (is_number, _) = known(state, kind, name)?;
    Ok(Some(Sort {
        name: name.to_owned(),
        place: Place::of(kind, name),
        is_number,
        is_down: first["direction"] == json!("DESCENDING"),
    }))
}

impl Sort {
    fn order(&self, kind: Kind, one: &Record, other: &Record) -> Ordering {
        let order = if self.is_number {
            let key = |record: &Record| number(record, self.place, &self.name).unwrap_or(f64::MIN);
            key(one).total_cmp(&key(other))
        } else {
            one.value(kind, &self.name).cmp(&other.value(kind, &self.name))
        };
        let scattered = |record: &Record| record.id.wrapping_mul(2_654_435_761) % 4_294_967_291;
        if self.is_down { order.reverse() } else { order }.then_with(|| scattered(one).cmp(&scattered(other)))
    }
}

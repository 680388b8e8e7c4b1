//! The SOQL that is understood here: `SELECT … FROM … WHERE … ORDER BY … LIMIT …`, conditions with AND, OR, brackets and IN.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::objects::{field, known, told};
use super::routes::{DATA, page};
use super::state::{Row, State};
use super::{Said, error};

#[derive(Clone, Debug)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Is(String, String, Vec<Value>),
}

struct Query {
    fields: Vec<String>,
    object: &'static str,
    condition: Condition,
    order: Vec<(String, bool)>,
    limit: usize,
}

struct Words<'a> {
    state: &'a State,
    words: Vec<String>,
    at: usize,
}

fn malformed(near: &str) -> Said {
    error(400, "MALFORMED_QUERY", &format!("unexpected token: {near}"))
}

/// Words, texts with their leading quote, and signs.
fn words(text: &str) -> Result<Vec<String>, Said> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = String::from(letter);
        match letter {
            ' ' => continue,
            '\'' => loop {
                match letters.next() {
                    Some('\\') => word.extend(letters.next()),
                    Some('\'') => break,
                    Some(letter) => word.push(letter),
                    None => return Err(malformed("<EOF>")),
                }
            },
            ',' | '(' | ')' => {}
            '>' | '<' | '=' | '!' => word.extend(letters.next_if_eq(&'=')),
            _ => {
                while let Some(letter) = letters.next_if(|letter| !" ,()<>=!'".contains(*letter)) {
                    word.push(letter);
                }
            }
        }
        words.push(word);
    }
    Ok(words)
}

impl Words<'_> {
    fn next(&mut self) -> Result<String, Said> {
        let word = self.words.get(self.at).cloned().ok_or_else(|| malformed("<EOF>"))?;
        self.at += 1;
        Ok(word)
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let is_it = self.words.get(self.at).is_some_and(|word| word == wanted);
        self.at += usize::from(is_it);
        is_it
    }

    fn must(&mut self, wanted: &str) -> Result<(), Said> {
        if self.takes(wanted) {
            Ok(())
        } else {
            Err(malformed(self.words.get(self.at).map_or("<EOF>", String::as_str)))
        }
    }

    fn query(&mut self) -> Result<Query, Said> {
        self.must("SELECT")?;
        let mut fields = vec![self.next()?];
        while self.takes(",") {
            fields.push(self.next()?);
        }
        self.must("FROM")?;
        let name = self.next()?;
        let object = known(&name).filter(|object| !self.state.forbidden.contains(object));
        let no_such = || error(400, "INVALID_TYPE", &format!("sObject type '{name}' is not supported."));
        let object = object.ok_or_else(no_such)?;
        let condition = if self.takes("WHERE") { self.any(object)? } else { Condition::All(Vec::new()) };
        let mut order = Vec::new();
        if self.takes("ORDER") {
            self.must("BY")?;
            loop {
                let field = self.next()?;
                order.push((field, self.takes("DESC")));
                if !self.takes(",") {
                    break;
                }
            }
        }
        let limit =
            if self.takes("LIMIT") { self.next()?.parse().map_err(|_| malformed("LIMIT"))? } else { usize::MAX };
        if self.at < self.words.len() {
            return Err(malformed(&self.words[self.at]));
        }
        for name in fields.iter().chain(order.iter().map(|order| &order.0)) {
            self.has(object, name)?;
        }
        Ok(Query { fields, object, condition, order, limit })
    }

    fn has(&self, object: &str, name: &str) -> Result<(), Said> {
        match field(self.state, object, name) {
            Some(_) => Ok(()),
            None => Err(error(400, "INVALID_FIELD", &format!("No such column '{name}' on entity '{object}'."))),
        }
    }

    fn any(&mut self, object: &str) -> Result<Condition, Said> {
        let first = self.one(object)?;
        // AND and OR side by side need brackets.
        let (word, mut all) = (self.words.get(self.at).cloned().unwrap_or_default(), vec![first]);
        if word != "AND" && word != "OR" {
            return Ok(Condition::All(all));
        }
        while self.takes(&word) {
            all.push(self.one(object)?);
        }
        if ["AND", "OR"].iter().any(|other| self.words.get(self.at).is_some_and(|word| word == other)) {
            return Err(malformed(&self.words[self.at]));
        }
        Ok(if word == "AND" { Condition::All(all) } else { Condition::Any(all) })
    }

    fn one(&mut self, object: &str) -> Result<Condition, Said> {
        if self.takes("(") {
            let inner = self.any(object)?;
            self.must(")")?;
            return Ok(inner);
        }
        let name = self.next()?;
        self.has(object, &name)?;
        if field(self.state, object, &name).is_some_and(|field| field.1 == "textarea") {
            return Err(error(400, "INVALID_FIELD", &format!("{name} can not be filtered in a query call")));
        }
        let sign = self.next()?;
        if !["=", "!=", ">", ">=", "<", "<=", "IN"].contains(&sign.as_str()) {
            return Err(malformed(&sign));
        }
        let mut values = Vec::new();
        if sign == "IN" {
            self.must("(")?;
            if self.takes("SELECT") {
                values = self.others()?;
            } else {
                values.push(self.literal()?);
                while self.takes(",") {
                    values.push(self.literal()?);
                }
            }
            self.must(")")?;
        } else {
            values.push(self.literal()?);
        }
        Ok(Condition::Is(name, sign, values))
    }

    /// The values of a field of other records: `SELECT … FROM … WHERE …` within brackets.
    fn others(&mut self) -> Result<Vec<Value>, Said> {
        let field = self.next()?;
        self.must("FROM")?;
        let name = self.next()?;
        let object = known(&name).filter(|object| !self.state.forbidden.contains(object));
        let no_such = || error(400, "INVALID_TYPE", &format!("sObject type '{name}' is not supported."));
        let object = object.ok_or_else(no_such)?;
        self.has(object, &field)?;
        self.must("WHERE")?;
        let condition = self.any(object)?;
        let rows = self.state.objects[object].values();
        Ok(rows.filter(|row| holds(self.state, row, &condition)).map(|row| self.state.value(row, &field)).collect())
    }

    fn literal(&mut self) -> Result<Value, Said> {
        let word = self.next()?;
        if let Some(text) = word.strip_prefix('\'') {
            return Ok(json!(text));
        }
        Ok(match word.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            "null" => Value::Null,
            word => {
                let at = chrono::DateTime::parse_from_rfc3339(word).map_err(|_| malformed(word))?;
                json!(at.to_utc().format("%Y-%m-%dT%H:%M:%S.000+0000").to_string())
            }
        })
    }
}

fn compare(one: &Value, other: &Value) -> Ordering {
    // Times are written alike, so that their text is in their order.
    one.as_str().unwrap_or_default().cmp(other.as_str().unwrap_or_default())
}

fn holds(state: &State, row: &Row, condition: &Condition) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|one| holds(state, row, one)),
        Condition::Any(all) => all.iter().any(|one| holds(state, row, one)),
        Condition::Is(name, sign, values) => {
            let value = state.value(row, name);
            // None at all, where they are of other records.
            let order = compare(&value, values.first().unwrap_or(&Value::Null));
            match sign.as_str() {
                "=" | "IN" => values.contains(&value),
                "!=" => !values.contains(&value),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                "<" => order.is_lt(),
                _ => order.is_le(),
            }
        }
    }
}

/// What is left of a query whose first page was told.
pub struct Rest {
    object: &'static str,
    fields: Vec<String>,
    ids: Vec<String>,
    from: usize,
}

/// The first page of what a query finds.
pub fn first(state: &mut State, text: &str, has_deleted: bool) -> Said {
    match found(state, text, has_deleted) {
        Ok(rest) => told_page(state, rest),
        Err(said) => said,
    }
}

/// The page at this path.
pub fn next(state: &mut State, path: &str) -> Said {
    match state.locators.remove(path) {
        Some(rest) => told_page(state, rest),
        None => error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    }
}

fn told_page(state: &mut State, mut rest: Rest) -> Said {
    let (total, end) = (rest.ids.len(), rest.ids.len().min(rest.from + state.page));
    let rows = rest.ids[rest.from..end].iter().filter_map(|id| state.row(rest.object, id));
    let rows: Vec<Value> = rows.map(|row| told(state, rest.object, row, &rest.fields)).collect();
    let path = (end < total).then(|| format!("{DATA}/query/0r8{:015}-{end}", state.used));
    if let Some(path) = path.clone() {
        rest.from = end;
        state.locators.insert(path, rest);
    }
    page(total, rows, path)
}

fn found(state: &State, text: &str, has_deleted: bool) -> Result<Rest, Said> {
    let words = words(text)?;
    let query = Words { state, words, at: 0 }.query()?;
    let rows = state.objects[query.object].values();
    let rows = rows.filter(|row| (has_deleted || row["IsDeleted"] == false) && holds(state, row, &query.condition));
    let keys = |row: &Row| query.order.iter().map(|(name, _)| state.value(row, name)).collect::<Vec<_>>();
    let mut rows: Vec<(Vec<Value>, &Row)> = rows.map(|row| (keys(row), row)).collect();
    rows.sort_by(|one, other| {
        let orders = query.order.iter().enumerate().map(|(n, (_, is_down))| {
            let order = compare(&one.0[n], &other.0[n]);
            if *is_down { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    rows.truncate(query.limit);
    let ids = rows.iter().map(|(_, row)| row["Id"].as_str().unwrap().to_owned()).collect();
    Ok(Rest { object: query.object, fields: query.fields, ids, from: 0 })
}

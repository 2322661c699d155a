//! `q`, `page` and `results_per_page`, checked against what the noun has. Whatever is not understood is told with what would be.

use serde_json::{Map, Value as Json};

use super::super::super::compat::answer::Fault;
use super::super::extract::Query;
use super::super::span::moment;
use crate::store::browse::{self, Column, Comparison, Filter, Kind, Noun, Order, Value};

/// Bytes of `q`.
const MAX_Q_BYTES: usize = 16_384;
/// Filters in all, those within others included.
const MAX_FILTERS: usize = 100;
/// How deep filters nest.
const MAX_DEPTH: usize = 5;
/// Values of one `in`.
const MAX_VALUES: usize = 500;
/// Columns of an order.
const MAX_ORDERS: usize = 5;
/// Characters of a value.
const MAX_VALUE_CHARS: usize = 200;
/// Objects of a page.
const MAX_RESULTS: i64 = 100;
/// The same, when nobody says.
const RESULTS: i64 = 10;
/// The last page and offset that are understood.
const MAX_OFFSET: i64 = 1_000_000_000;

/// What may stand in `q`.
const KEYS: &str = "filters, order_by, limit, offset, single";
/// The operators; each has its other names in Flask-Restless.
const OPERATORS: &str = "eq, neq, gt, ge, lt, le, in, not_in, is_null, is_not_null, like, ilike, not_like";

/// What is asked for.
#[derive(Debug)]
pub(in crate::http::api) struct Asked {
    pub(super) filter: Filter,
    pub(super) single: bool,
    pub(super) page: i64,
    pub(super) per_page: i64,
    order: Vec<Order>,
    limit: i64,
    offset: i64,
}

impl Asked {
    /// Reads the query of a request.
    pub(super) fn read(noun: &'static Noun, query: &Query) -> Result<Asked, Fault> {
        let mut asked = Asked {
            filter: Filter::And(Vec::new()),
            single: false,
            page: number(query, "page", 1, MAX_OFFSET)?,
            per_page: number(query, "results_per_page", RESULTS, MAX_RESULTS)?,
            order: Vec::new(),
            limit: i64::MAX,
            offset: 0,
        };
        let Some(q) = query.get("q") else { return Ok(asked) };
        if q.len() > MAX_Q_BYTES {
            return Err(wrong(format!("q is longer than {MAX_Q_BYTES} bytes")));
        }
        let Ok(Json::Object(q)) = serde_json::from_str(q) else {
            return Err(wrong("q is not a JSON object"));
        };
        let mut left = MAX_FILTERS;
        for (key, value) in q {
            match key.as_str() {
                "filters" => asked.filter = Filter::And(filters(noun, &value, &mut left, 0)?),
                "order_by" => asked.order = orders(noun, &value)?,
                "limit" => asked.limit = whole(&key, &value)?,
                "offset" => asked.offset = whole(&key, &value)?,
                "single" => {
                    asked.single = value
                        .as_bool()
                        .ok_or_else(|| wrong("single is not true or false"))?
                }
                _ => return Err(wrong(format!("q has no {key:?}: it may hold {KEYS}"))),
            }
        }
        Ok(asked)
    }

    /// How many of `count` rows are left between offset and limit.
    pub(super) fn counted(&self, count: i64) -> i64 {
        (count - self.offset).clamp(0, self.limit)
    }

    /// The rows of the page out of `count`; `None` when it has none.
    pub(super) fn query(&self, count: i64) -> Option<browse::Query> {
        let before = (self.page - 1) * self.per_page;
        let limit = (count - before).min(self.per_page);
        (limit > 0).then(|| browse::Query {
            filter: self.filter.clone(),
            order: self.order.clone(),
            offset: self.offset + before,
            limit,
        })
    }
}

fn wrong(description: impl Into<String>) -> Fault {
    Fault::new(400, description)
}

fn number(query: &Query, name: &str, default: i64, most: i64) -> Result<i64, Fault> {
    match query.get(name) {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err(wrong(format!("{name} should be a number from 1 to {most}"))),
        },
    }
}

fn whole(name: &str, value: &Json) -> Result<i64, Fault> {
    let number = value.as_i64().filter(|n| (0..=MAX_OFFSET).contains(n));
    number.ok_or_else(|| wrong(format!("{name} should be a whole number from 0")))
}

fn filters(noun: &'static Noun, value: &Json, left: &mut usize, depth: usize) -> Result<Vec<Filter>, Fault> {
    let Json::Array(items) = value else {
        return Err(wrong("filters should be a list of {name, op, val}"));
    };
    items.iter().map(|item| filter(noun, item, left, depth)).collect()
}

fn filter(noun: &'static Noun, value: &Json, left: &mut usize, depth: usize) -> Result<Filter, Fault> {
    let too_many = || {
        wrong(format!(
            "that is too much: at most {MAX_FILTERS} filters, {MAX_DEPTH} deep"
        ))
    };
    *left = left.checked_sub(1).ok_or_else(too_many)?;
    if depth > MAX_DEPTH {
        return Err(too_many());
    }
    let Json::Object(item) = value else {
        return Err(wrong("a filter should be {name, op, val}, {and}, {or} or {not}"));
    };
    if let Some(inner) = item.get("and") {
        return Ok(Filter::And(filters(noun, inner, left, depth + 1)?));
    }
    if let Some(inner) = item.get("or") {
        return Ok(Filter::Or(filters(noun, inner, left, depth + 1)?));
    }
    if let Some(inner) = item.get("not") {
        return Ok(Filter::Not(Box::new(filter(noun, inner, left, depth + 1)?)));
    }
    comparison(noun, item)
}

fn comparison(noun: &'static Noun, item: &Map<String, Json>) -> Result<Filter, Fault> {
    let column = column(noun, item.get("name"))?;
    let value = item.get("val").unwrap_or(&Json::Null);
    let not = |filter| Filter::Not(Box::new(filter));
    let compared = match item.get("op").and_then(Json::as_str) {
        Some("eq" | "==" | "equals" | "equals_to") => Comparison::Equal,
        Some("neq" | "!=" | "ne" | "not_equal_to" | "does_not_equal") => Comparison::NotEqual,
        Some("gt" | ">") => Comparison::Greater,
        Some("ge" | ">=" | "gte" | "geq") => Comparison::GreaterOrEqual,
        Some("lt" | "<") => Comparison::Less,
        Some("le" | "<=" | "lte" | "leq") => Comparison::LessOrEqual,
        Some("in") => return Ok(Filter::In(column, values(column, value)?)),
        Some("not_in") => return Ok(not(Filter::In(column, values(column, value)?))),
        Some("is_null") => return Ok(Filter::Null(column)),
        Some("is_not_null") => return Ok(not(Filter::Null(column))),
        Some("like" | "ilike") => return like(column, value),
        Some("not_like") => return like(column, value).map(not),
        Some(_) | None => return Err(wrong(format!("op should be one of {OPERATORS}"))),
    };
    if item.contains_key("field") {
        let other = self::column(noun, item.get("field"))?;
        if other.kind != column.kind {
            return Err(wrong(format!(
                "{} and {} are of different kinds",
                column.name, other.name
            )));
        }
        return Ok(Filter::Column(column, compared, other));
    }
    match (compared, value) {
        (Comparison::Equal, Json::Null) => Ok(Filter::Null(column)),
        (Comparison::NotEqual, Json::Null) => Ok(not(Filter::Null(column))),
        _ => Ok(Filter::Value(column, compared, read(column, value)?)),
    }
}

fn column(noun: &'static Noun, name: Option<&Json>) -> Result<&'static Column, Fault> {
    name.and_then(Json::as_str)
        .and_then(|name| noun.column(name))
        .ok_or_else(|| {
            let names = noun.names().join(", ");
            wrong(format!("a {} is filtered and ordered by {names}", noun.name))
        })
}

fn like(column: &'static Column, value: &Json) -> Result<Filter, Fault> {
    if column.kind != Kind::Text {
        return Err(wrong(format!("{} is no text: like needs one", column.name)));
    }
    match read(column, value)? {
        Value::Text(pattern) => Ok(Filter::Like(column, escaped(&pattern))),
        Value::Integer(_) | Value::Boolean(_) => Err(wrong("like needs a text")),
    }
}

/// A lone backslash at the end would escape nothing, which PostgreSQL refuses.
fn escaped(pattern: &str) -> String {
    pattern.replace('\\', "\\\\")
}

fn values(column: &'static Column, value: &Json) -> Result<Vec<Value>, Fault> {
    let Json::Array(items) = value else {
        return Err(wrong("val of in and not_in should be a list"));
    };
    if items.len() > MAX_VALUES {
        return Err(wrong(format!("a list has at most {MAX_VALUES} values")));
    }
    items.iter().map(|item| read(column, item)).collect()
}

/// A value as the column keeps it.
fn read(column: &'static Column, value: &Json) -> Result<Value, Fault> {
    let is_plain = |text: &String| text.chars().count() <= MAX_VALUE_CHARS && !text.contains('\0');
    let read = match (column.kind, value) {
        (Kind::Text, Json::String(text)) => Some(Value::Text(text.clone())).filter(|_| is_plain(text)),
        (Kind::Text, Json::Number(number)) => Some(Value::Text(number.to_string())),
        (Kind::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (Kind::Integer, Json::String(text)) => text.parse().ok().map(Value::Integer),
        (Kind::Time, Json::String(text)) => moment(text).map(Value::Integer),
        (Kind::Seconds, Json::Number(number)) => number.as_f64().and_then(milliseconds).map(Value::Integer),
        (Kind::Seconds, Json::String(text)) => text.parse().ok().and_then(milliseconds).map(Value::Integer),
        (Kind::Boolean, Json::Bool(truth)) => Some(Value::Boolean(*truth)),
        (Kind::Boolean, Json::Number(number)) => number.as_i64().map(|n| Value::Boolean(n != 0)),
        _ => None,
    };
    let expected = match column.kind {
        Kind::Text => "a text",
        Kind::Integer => "a whole number",
        Kind::Time => "a date or time in ISO form",
        Kind::Seconds => "a number of seconds",
        Kind::Boolean => "true or false",
    };
    read.ok_or_else(|| wrong(format!("{} needs {expected} as val", column.name)))
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn milliseconds(seconds: f64) -> Option<i64> {
    let ms = (seconds * 1_000.0).round();
    (ms.abs() < 1e15).then_some(ms as i64)
}

fn orders(noun: &'static Noun, value: &Json) -> Result<Vec<Order>, Fault> {
    let Json::Array(items) = value else {
        return Err(wrong("order_by should be a list of {field, direction}"));
    };
    if items.len() > MAX_ORDERS {
        return Err(wrong(format!("order_by has at most {MAX_ORDERS} fields")));
    }
    let order = |item: &Json| {
        let direction = item.get("direction").and_then(Json::as_str).unwrap_or("asc");
        if direction != "asc" && direction != "desc" {
            return Err(wrong("direction should be asc or desc"));
        }
        Ok(Order {
            column: column(noun, item.get("field"))?,
            descending: direction == "desc",
        })
    };
    items.iter().map(order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::browse::CALL;

    fn check(q: &str) -> String {
        let query = Query::from_pairs(&[("q", q)]);
        match Asked::read(&CALL, &query) {
            Ok(asked) => browse::shown(&asked.filter),
            Err(fault) => fault.description().to_owned(),
        }
    }

    #[test]
    fn filters_are_read_as_flask_restless_does() {
        for (q, expect) in [
            (r#"{"filters":[]}"#, r#""1 = 1" []"#),
            (
                r#"{"filters":[{"name":"status","op":"==","val":"busy"}]}"#,
                r#""(c.status = $1)" [Text("busy")]"#,
            ),
            (
                r#"{"filters":[{"name":"duration","op":"gte","val":1.5}]}"#,
                r#""(c.duration_ms >= $1)" [Integer(1500)]"#,
            ),
            (
                r#"{"filters":[{"name":"timestamp","op":"<","val":"1970-01-02"}]}"#,
                r#""(c.started_at < $1)" [Integer(86400000)]"#,
            ),
            (
                r#"{"filters":[{"or":[{"name":"outcome","op":"eq","val":null},{"name":"id","op":"in","val":[1,"b"]}]}]}"#,
                r#""((c.outcome is null or c.id in ($1, $2)))" [Text("1"), Text("b")]"#,
            ),
            (
                r#"{"filters":[{"name":"id","op":"eq","field":"call_id"}]}"#,
                r#""(c.id = c.id)" []"#,
            ),
            (
                r#"{"filters":[{"not":{"name":"status","op":"like","val":"b%\\"}}]}"#,
                r#""(not (lower(c.status) like lower($1) escape '\\'))" [Text("b%\\\\")]"#,
            ),
            ("[]", "q is not a JSON object"),
            (
                r#"{"group_by":[]}"#,
                "q has no \"group_by\": it may hold filters, order_by, limit, offset, single",
            ),
            (
                r#"{"filters":[{"name":"phone","op":"eq","val":1}]}"#,
                "a call is filtered and ordered by id, timestamp, campaign_id, target_id, call_id, status, duration, outcome, session_id, target_key",
            ),
            (
                r#"{"filters":[{"name":"status","op":"has","val":1}]}"#,
                "op should be one of eq, neq, gt, ge, lt, le, in, not_in, is_null, is_not_null, like, ilike, not_like",
            ),
            (
                r#"{"filters":[{"name":"timestamp","op":"eq","val":"soon"}]}"#,
                "timestamp needs a date or time in ISO form as val",
            ),
            (
                r#"{"filters":[{"name":"timestamp","op":"like","val":"2026%"}]}"#,
                "timestamp is no text: like needs one",
            ),
        ] {
            assert_eq!(check(q), expect, "{q}");
        }
    }

    #[test]
    fn filters_have_bounds() {
        let one = r#"{"name":"id","op":"is_null"}"#;
        let deep = format!("{}{one}{}", r#"{"not":"#.repeat(9), "}".repeat(9));
        let wide = vec![one; 101].join(",");
        for inner in [deep, wide] {
            let said = check(&format!(r#"{{"filters":[{inner}]}}"#));
            assert!(said.starts_with("that is too much"), "{said}");
        }
    }

    #[test]
    fn pages_lie_between_offset_and_limit() {
        let pages = |q: &str, page: &str, count: i64| {
            let asked = Asked::read(&CALL, &Query::from_pairs(&[("q", q), ("page", page)])).unwrap();
            let count = asked.counted(count);
            (count, asked.query(count).map(|query| (query.offset, query.limit)))
        };
        assert_eq!(pages("{}", "1", 25), (25, Some((0, 10))));
        assert_eq!(pages("{}", "3", 25), (25, Some((20, 5))));
        assert_eq!(pages("{}", "4", 25), (25, None));
        assert_eq!(pages(r#"{"offset":20,"limit":3}"#, "1", 25), (3, Some((20, 3))));
        assert_eq!(pages(r#"{"offset":30}"#, "1", 25), (0, None));
    }
}

//! Rows by filters that a client writes, as CallPower's read API takes them (CAMPAIGNS.md 7).
//!
//! A client names columns of a [`Noun`] and gives values. Names are looked up in the noun's list and values are bound: no text of a
//! client's ever stands in a statement.

mod nouns;
mod sql;

use sqlx::{AssertSqlSafe, FromRow, Row};

pub use nouns::{
    AUDIO_RECORDING, AudioRow, CALL, CAMPAIGN, CallRow, SCHEDULE, ScheduleRow, TARGET, TargetRow, selections,
};

use super::grants::Reach;
use super::{Db, Result, on_read};
pub(super) use sql::Statement;

/// Something that can be looked through.
#[derive(Debug)]
pub struct Noun {
    /// For messages: `call`.
    pub name: &'static str,
    columns: &'static [Column],
    select: &'static str,
    from: &'static str,
    /// What is joined to it for the columns of `t`; empty when nothing is.
    join: &'static str,
    /// What is true of a row that belongs to a campaign of `$owner`; it names no column but the noun's own.
    within: &'static str,
    /// Where rows are counted that a filter tells apart by these columns alone: counters and the few rows that they lack.
    counters: Option<Counters>,
}

/// A quicker way to count: each source has a column `n` and the named columns under the noun's alias.
#[derive(Debug)]
struct Counters {
    columns: &'static [&'static str],
    sources: &'static [&'static str],
}

/// A column that filters and orders may name.
#[derive(Debug)]
pub struct Column {
    /// As CallPower calls it.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    sql: &'static str,
    is_nullable: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A time, kept in milliseconds since 1970.
    Time,
    /// A duration that clients see in seconds, kept in milliseconds.
    Seconds,
    /// True or false.
    Boolean,
}

/// A value as the column keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a text.
    Text(String),
    /// Of a number, a time or a duration.
    Integer(i64),
    /// Of a boolean.
    Boolean(bool),
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Boolean(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(text.clone())
    }
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// Which rows.
#[derive(Clone, Debug)]
pub enum Filter {
    /// A column against a value.
    Value(&'static Column, Comparison, Value),
    /// A column against another one of the same kind.
    Column(&'static Column, Comparison, &'static Column),
    /// One of these values.
    In(&'static Column, Vec<Value>),
    /// No value.
    Null(&'static Column),
    /// A text with `%` and `_`; upper and lower case are the same.
    Like(&'static Column, String),
    /// All of these.
    And(Vec<Filter>),
    /// One of these at least.
    Or(Vec<Filter>),
    /// The others.
    Not(Box<Filter>),
    /// Rows within the reach of an owner; made by [`Noun::within`].
    Within(&'static str, String),
}

/// Order by one column.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The column.
    pub column: &'static Column,
    /// From the greatest to the least.
    pub descending: bool,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// Which rows.
    pub filter: Filter,
    /// First by the first; by id in the end.
    pub order: Vec<Order>,
    /// Rows passed over.
    pub offset: i64,
    /// Rows answered at most.
    pub limit: i64,
}

impl Noun {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What narrows a filter to somebody's reach.
    pub fn within(&self, reach: &Reach, filter: Filter) -> Filter {
        match reach.owner() {
            None => filter,
            Some(owner) => Filter::And(vec![Filter::Within(self.within, owner.to_owned()), filter]),
        }
    }

    /// Every name, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }
}

/// How many rows a filter meets.
pub async fn count(db: &Db, noun: &Noun, filter: &Filter) -> Result<i64> {
    let statement = Statement::count(noun, filter);
    macro_rules! run {
        ($x:ident) => {{
            let mut query = sqlx::query(AssertSqlSafe(statement.text.clone()));
            for value in &statement.values {
                query = match value {
                    Value::Text(text) => query.bind(text.clone()),
                    Value::Integer(number) => query.bind(*number),
                    Value::Boolean(truth) => query.bind(*truth),
                };
            }
            query.fetch_one($x).await?.try_get(0)?
        }};
    }
    Ok(on_read!(db, |x| run!(x)))
}

/// A row of either engine.
pub trait BrowseRow:
    for<'r> FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin
{
}

impl<T> BrowseRow for T where
    T: for<'r> FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin
{
}

/// One page of rows.
pub async fn find<T: BrowseRow>(db: &Db, noun: &Noun, query: &Query) -> Result<Vec<T>> {
    read(db, &Statement::rows(noun, query)).await
}

/// The rows of a statement.
pub(super) async fn read<T: BrowseRow>(db: &Db, statement: &Statement) -> Result<Vec<T>> {
    macro_rules! run {
        ($x:ident) => {{
            let mut query = sqlx::query_as(AssertSqlSafe(statement.text.clone()));
            for value in &statement.values {
                query = match value {
                    Value::Text(text) => query.bind(text.clone()),
                    Value::Integer(number) => query.bind(*number),
                    Value::Boolean(truth) => query.bind(*truth),
                };
            }
            query.fetch_all($x).await?
        }};
    }
    Ok(on_read!(db, |x| run!(x)))
}

/// The condition and its values, for tests of those who make filters.
#[cfg(test)]
pub(crate) fn shown(filter: &Filter) -> String {
    let statement = Statement::condition(filter);
    format!("{:?} {:?}", statement.text, statement.values)
}

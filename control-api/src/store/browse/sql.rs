//! A filter as a statement: the text is ours word by word, the values are bound.

use super::{Comparison, Filter, Noun, Query, Value};

/// A statement with its values, in the order of their numbers.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Statement {
    pub(in crate::store) text: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// Begins with a text of ours that ends in a condition.
    pub(in crate::store) fn begin(text: &str) -> Statement {
        Statement {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Narrows it, when there is a value: each `?` of the condition stands for it. What is not asked for does not stand in the text, so
    /// that an index can serve what is.
    pub(in crate::store) fn and(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        let Some(value) = value else { return };
        self.values.push(value.into());
        let number = format!("${}", self.values.len());
        self.push(" and ");
        self.push(&condition.replace('?', &number));
    }

    /// Narrows it to rows whose column has one of these values.
    pub(in crate::store) fn and_in(&mut self, column: &str, values: impl IntoIterator<Item = String>) {
        self.push(" and (1 = 0");
        for value in values {
            self.push(" or ");
            self.push(column);
            self.push(" = ");
            self.value(Value::Text(value));
        }
        self.push(")");
    }

    /// A text of ours with the values that its `?` stand for, one each.
    pub(in crate::store) fn then<const N: usize>(&mut self, text: &str, values: [Value; N]) {
        let mut values = values.into_iter();
        for (n, part) in text.split('?').enumerate() {
            if n > 0
                && let Some(value) = values.next()
            {
                self.value(value);
            }
            self.push(part);
        }
    }

    /// Counts what a filter meets.
    pub(super) fn count(noun: &Noun, filter: &Filter) -> Statement {
        let mut statement = Statement::condition(filter);
        let named = named(filter);
        if let Some(counters) = &noun.counters
            && named.iter().all(|column| counters.columns.contains(column))
        {
            let source = |source: &&str| {
                format!(
                    "select coalesce(sum(c.n), 0) as n from ({source}) as c where {}",
                    statement.text
                )
            };
            let sums: Vec<String> = counters.sources.iter().map(source).collect();
            statement.text = format!(
                "select cast(sum(n) as bigint) from ({}) as counted",
                sums.join(" union all ")
            );
            return statement;
        }
        let join = join(noun, &named);
        statement.text = format!(
            "select count(*) from {}{join} where {}",
            noun.from, statement.text
        );
        statement
    }

    /// Reads a page. Ids are found first, so that rows which are passed over are not read whole.
    pub(super) fn rows(noun: &Noun, query: &Query) -> Statement {
        let mut named = named(&query.filter);
        named.extend(query.order.iter().map(|order| order.column.sql));
        let mut statement = Statement::condition(&query.filter);
        let id = noun.columns[0].sql;
        let order = order(noun, query);
        statement.text = format!(
            "select {} from {}{} where {id} in (select {id} from {}{} where {} order by {order} limit ",
            noun.select,
            noun.from,
            noun.join,
            noun.from,
            join(noun, &named),
            statement.text,
        );
        statement.value(Value::Integer(query.limit));
        statement.push(" offset ");
        statement.value(Value::Integer(query.offset));
        statement.push(") order by ");
        statement.push(&order);
        statement
    }

    /// The condition alone.
    pub(super) fn condition(filter: &Filter) -> Statement {
        let mut statement = Statement {
            text: String::new(),
            values: Vec::new(),
        };
        statement.filter(filter);
        statement
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn value(&mut self, value: Value) {
        self.values.push(value);
        let number = self.values.len();
        self.text.push_str(&format!("${number}"));
    }

    fn filter(&mut self, filter: &Filter) {
        match filter {
            Filter::Value(column, comparison, value) => {
                self.push(column.sql);
                self.push(sign(*comparison));
                self.value(value.clone());
            }
            Filter::Column(column, comparison, other) => {
                self.push(column.sql);
                self.push(sign(*comparison));
                self.push(other.sql);
            }
            Filter::In(_, values) if values.is_empty() => self.push("1 = 0"),
            Filter::In(column, values) => {
                self.push(column.sql);
                self.push(" in (");
                for (n, value) in values.iter().enumerate() {
                    self.push(if n == 0 { "" } else { ", " });
                    self.value(value.clone());
                }
                self.push(")");
            }
            Filter::Null(column) => {
                self.push(column.sql);
                self.push(" is null");
            }
            Filter::Like(column, pattern) => {
                self.push("lower(");
                self.push(column.sql);
                self.push(") like lower(");
                self.value(Value::Text(pattern.clone()));
                self.push(") escape '\\'");
            }
            Filter::And(filters) => self.joined(filters, " and ", "1 = 1"),
            Filter::Or(filters) => self.joined(filters, " or ", "1 = 0"),
            Filter::Within(condition, owner) => {
                self.values.push(Value::Text(owner.clone()));
                let number = format!("${}", self.values.len());
                self.push(&condition.replace("$owner", &number));
            }
            Filter::Not(filter) => {
                self.push("not (");
                self.filter(filter);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, filters: &[Filter], word: &str, none: &str) {
        if filters.is_empty() {
            return self.push(none);
        }
        self.push("(");
        for (n, filter) in filters.iter().enumerate() {
            self.push(if n == 0 { "" } else { word });
            self.filter(filter);
        }
        self.push(")");
    }
}

/// The columns that a filter names.
fn named(filter: &Filter) -> Vec<&'static str> {
    match filter {
        Filter::Value(column, ..)
        | Filter::In(column, _)
        | Filter::Null(column)
        | Filter::Like(column, _) => {
            vec![column.sql]
        }
        Filter::Column(column, _, other) => vec![column.sql, other.sql],
        Filter::And(filters) | Filter::Or(filters) => filters.iter().flat_map(named).collect(),
        Filter::Not(filter) => named(filter),
        // Its columns are the noun's own: no join is needed, and counters have the campaign.
        Filter::Within(..) => Vec::new(),
    }
}

/// The join, when a column needs it.
fn join(noun: &Noun, named: &[&'static str]) -> &'static str {
    if named.iter().any(|column| column.starts_with("t.")) {
        noun.join
    } else {
        ""
    }
}

fn order(noun: &Noun, query: &Query) -> String {
    let mut text = String::new();
    for order in &query.order {
        text.push_str(order.column.sql);
        // As PostgreSQL orders by itself; SQLite has to be told.
        text.push_str(match (order.descending, order.column.is_nullable) {
            (false, false) => " asc, ",
            (false, true) => " asc nulls last, ",
            (true, false) => " desc, ",
            (true, true) => " desc nulls first, ",
        });
    }
    // The id makes the order whole, in the direction of the rest, so that an index may serve both.
    let descending = query.order.last().is_some_and(|order| order.descending);
    text.push_str(noun.columns[0].sql);
    text.push_str(if descending { " desc" } else { " asc" });
    text
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CALL, Order};
    use super::*;

    #[test]
    fn values_are_bound_and_never_written() {
        let column = |name| CALL.column(name).unwrap();
        let evil = "'; drop table calls; --".to_owned();
        let query = Query {
            filter: Filter::And(vec![
                Filter::Value(column("status"), Comparison::Equal, Value::Text(evil.clone())),
                Filter::Or(vec![
                    Filter::In(
                        column("campaign_id"),
                        vec![Value::Text(evil.clone()), Value::Text("b".to_owned())],
                    ),
                    Filter::Not(Box::new(Filter::Null(column("outcome")))),
                ]),
                Filter::Like(column("status"), evil.clone()),
            ]),
            order: vec![Order {
                column: column("timestamp"),
                descending: true,
            }],
            offset: 20,
            limit: 10,
        };
        let statement = Statement::rows(&CALL, &query);
        let (_, wanted) = statement.text.split_once("(select ").unwrap();
        assert_eq!(
            wanted,
            "c.id from calls c where (c.status = $1 and (c.campaign_id in ($2, $3) or not (c.outcome is null)) \
             and lower(c.status) like lower($4) escape '\\') order by c.started_at desc, c.id desc limit $5 offset $6) \
             order by c.started_at desc, c.id desc"
        );
        assert_eq!(statement.values.len(), 6);
        // What the counters tell apart is counted there; a target is not.
        let counted = |filter| Statement::count(&CALL, &filter).text;
        assert!(counted(query.filter).contains("stats_calls"));
        assert_eq!(
            counted(Filter::Null(column("target_id"))),
            "select count(*) from calls c left join targets t on t.key = c.target_key where t.id is null"
        );
    }
}

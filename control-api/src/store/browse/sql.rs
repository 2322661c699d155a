//! A filter as a statement: the text is ours word by word, the values are bound.

use super::{Comparison, Filter, Noun, Query, Value};

/// A statement with its values, in the order of their numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// Counts what a filter meets.
    pub(super) fn count(noun: &Noun, filter: &Filter) -> Statement {
        let mut statement = Statement {
            text: format!("select count(*) from {} where ", noun.from),
            values: Vec::new(),
        };
        statement.filter(filter);
        statement
    }

    /// Reads a page.
    pub(super) fn rows(noun: &Noun, query: &Query) -> Statement {
        let mut statement = Statement {
            text: format!("select {} from {} where ", noun.select, noun.from),
            values: Vec::new(),
        };
        statement.filter(&query.filter);
        statement.push(" order by ");
        for order in &query.order {
            statement.push(order.column.sql);
            // As PostgreSQL orders by itself; SQLite has to be told.
            statement.push(match (order.descending, order.column.is_nullable) {
                (false, false) => " asc, ",
                (false, true) => " asc nulls last, ",
                (true, false) => " desc, ",
                (true, true) => " desc nulls first, ",
            });
        }
        // The id makes the order whole, in the direction of the rest, so that an index may serve both.
        let descending = query.order.last().is_some_and(|order| order.descending);
        statement.push(noun.columns[0].sql);
        statement.push(if descending { " desc limit " } else { " asc limit " });
        statement.value(Value::Integer(query.limit));
        statement.push(" offset ");
        statement.value(Value::Integer(query.offset));
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
        let (_, wanted) = statement.text.split_once(" where ").unwrap();
        assert_eq!(
            wanted,
            "(c.status = $1 and (c.campaign_id in ($2, $3) or not (c.outcome is null)) \
             and lower(c.status) like lower($4) escape '\\') order by c.started_at desc, c.id desc limit $5 offset $6"
        );
        assert_eq!(statement.values.len(), 6);
        let all = Statement::count(&CALL, &Filter::And(Vec::new()));
        assert!(all.text.ends_with(" where 1 = 1"), "{}", all.text);
    }
}

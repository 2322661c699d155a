//! What is kept of a change: the fields that differ, without secrets and without phone numbers.

use serde_json::{Map, Value, json};

use super::super::extract::auth::Identity;
use crate::runtime::App;
use crate::store::audit::Entry;

/// Most bytes of JSON that are kept of each side.
const MAX_BYTES: usize = 16 * 1024;

/// Fields whose values are nobody's business.
const SECRETS: [&str; 6] = ["password", "secret", "signing_secret", "token", "old", "new"];

/// Fewest digits of what may be a phone number.
const PHONE_DIGITS: usize = 7;

/// A row about something that is done.
pub(crate) fn entry(
    app: &App,
    who: &Identity,
    action: &str,
    noun: &str,
    noun_id: Option<&str>,
    after: Value,
) -> Entry {
    Entry {
        id: app.clock().new_id().to_string(),
        at: app.clock().now_ms(),
        actor_kind: who.kind().to_owned(),
        actor_id: who.id.clone(),
        actor: who.name.clone(),
        action: action.to_owned(),
        noun: noun.to_owned(),
        noun_id: noun_id.map(str::to_owned),
        before: Value::Null,
        after,
        done: true,
    }
}

/// The fields of two objects that differ, on each side; anything else is kept whole.
pub(crate) fn difference(before: Value, after: Value) -> (Value, Value) {
    let (mut before, mut after) = (clean(before), clean(after));
    if let (Value::Object(old), Value::Object(new)) = (&mut before, &mut after) {
        let same: Vec<String> = old
            .iter()
            .filter(|(name, value)| new.get(*name) == Some(value) || *name == "updated_at")
            .map(|(name, _)| name.clone())
            .collect();
        for name in same {
            old.remove(&name);
            new.remove(&name);
        }
    }
    (cut(before), cut(after))
}

fn clean(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .into_iter()
                .map(
                    |(name, value)| match SECRETS.contains(&name.as_str()) && !value.is_boolean() {
                        true => (name, Value::from("…")),
                        false => (name, clean(value)),
                    },
                )
                .collect();
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(clean).collect()),
        Value::String(text) => Value::String(without_phones(&text)),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// `+` and digits become their last two: `…23`.
fn without_phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        let digits: String = rest[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        out.push_str(&rest[..at]);
        if digits.len() >= PHONE_DIGITS {
            out.push('…');
            out.push_str(&digits[digits.len() - 2..]);
        } else {
            out.push('+');
            out.push_str(&digits);
        }
        rest = &rest[at + 1 + digits.len()..];
    }
    out.push_str(rest);
    out
}

fn cut(value: Value) -> Value {
    let bytes = value.to_string().len();
    match bytes <= MAX_BYTES {
        true => value,
        false => json!({"too_long": bytes}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_kept_without_secrets_and_numbers() {
        let before =
            json!({"name": "a", "port": 5060, "password": "x", "updated_at": 1, "caller_id": "+12025550123"});
        let after =
            json!({"name": "b", "port": 5060, "password": "y", "updated_at": 2, "caller_id": "+12025550124"});
        assert_eq!(
            difference(before, after),
            (
                json!({"name": "a", "caller_id": "…23"}),
                json!({"name": "b", "caller_id": "…24"})
            )
        );
        let (before, after) = difference(
            Value::Null,
            json!({"list": [{"secret": "s"}], "text": "call +4930123456 or +1", "password_once": true}),
        );
        assert_eq!(before, Value::Null);
        assert_eq!(
            after,
            json!({"list": [{"secret": "…"}], "text": "call …56 or +1", "password_once": true})
        );
    }

    #[test]
    fn what_is_long_is_only_counted() {
        let long = json!({"script": "x".repeat(MAX_BYTES)});
        assert_eq!(
            difference(Value::Null, long).1,
            json!({"too_long": MAX_BYTES + 13})
        );
    }
}

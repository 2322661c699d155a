//! What a thing is when only what it must say is said: told fields are those that differ from it.

use serde_json::{Map, Value};

use super::plan::Noun;
use crate::http::bodies;

impl Noun {
    /// `trunk`, `route`, …
    pub(super) fn word(self) -> &'static str {
        match self {
            Noun::Trunk => "trunk",
            Noun::Route => "route",
            Noun::Number => "number",
            Noun::Target => "target",
            Noun::Campaign => "campaign",
        }
    }

    /// Where the API has them.
    pub(super) fn path(self) -> &'static str {
        match self {
            Noun::Trunk => "/v1/trunks",
            Noun::Route => "/v1/routes",
            Noun::Number => "/v1/numbers",
            Noun::Target => "/v1/targets",
            Noun::Campaign => "/v1/campaigns",
        }
    }

    /// The field that it is known by.
    pub(super) fn key(self) -> &'static str {
        match self {
            Noun::Trunk | Noun::Route | Noun::Campaign => "name",
            Noun::Number => "e164",
            Noun::Target => "key",
        }
    }

    /// Fields that it must have.
    fn required(self) -> &'static [&'static str] {
        match self {
            Noun::Trunk => &["name", "host"],
            Noun::Route => &["name", "prefixes", "trunks"],
            Noun::Number => &["e164", "trunk_id"],
            Noun::Target => &["key", "name"],
            Noun::Campaign => &["name"],
        }
    }

    /// The same thing with everything else left out.
    pub(super) fn least(self, body: &Value) -> Value {
        let required = self.required().iter();
        let fields: Map<String, Value> = required
            .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())))
            .collect();
        let least = Value::Object(fields);
        let checked = match self {
            Noun::Trunk => bodies::trunk(least),
            Noun::Route => bodies::route(least),
            Noun::Number => bodies::number(least),
            Noun::Target => bodies::target(least),
            Noun::Campaign => bodies::campaign(least),
        };
        checked.unwrap_or_default()
    }

    /// Fields that must be said so that the thing is what it is: those it must have, and those that differ from their default. Fields of
    /// objects within are told alone, where their object has defaults of its own.
    pub(super) fn told(self, body: &Value) -> Map<String, Value> {
        let least = self.least(body);
        let Value::Object(fields) = body else {
            return Map::new();
        };
        let told = fields.iter().filter_map(|(name, value)| {
            let default = least.get(name).unwrap_or(&Value::Null);
            match (value, default) {
                _ if self.required().contains(&name.as_str()) => Some((name.clone(), value.clone())),
                (value, default) if value == default => None,
                (Value::Object(inner), Value::Object(default)) => {
                    let differs = inner
                        .iter()
                        .filter(|(name, value)| default.get(*name) != Some(*value));
                    let inner = differs
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect();
                    Some((name.clone(), Value::Object(inner)))
                }
                (value, _) => Some((name.clone(), value.clone())),
            }
        });
        told.collect()
    }
}

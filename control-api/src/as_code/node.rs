//! A file as a tree of plain values, each with its line: one tree for TOML and YAML, so that everything above it is written once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) plain: Plain<Node>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain<N> {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<N>),
    Table(Vec<(String, N)>),
}

/// Why a file is none of ours: the line, as far as it is known, and what the reader says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) line: Option<usize>,
    pub(super) what: String,
}

/// Reads TOML.
pub(super) fn toml(text: &str) -> Result<Node, Unreadable> {
    let root: Plain<Toml> = ::toml::from_str(text).map_err(|error| Unreadable {
        line: error.span().map(|span| line_at(text, span.start)),
        what: error.message().replace('\n', "; "),
    })?;
    let place = |toml: &Toml| line_at(text, toml.start);
    Ok(Node {
        line: 1,
        plain: root.convert(&place, |toml| toml.plain, 0)?,
    })
}

/// Reads YAML.
pub(super) fn yaml(text: &str) -> Result<Node, Unreadable> {
    let root: Plain<Yaml> = serde_saphyr::from_str(text).map_err(|error| Unreadable {
        line: error.location().and_then(|at| usize::try_from(at.line()).ok()),
        what: error.without_snippet().to_string().replace('\n', "; "),
    })?;
    let place = |yaml: &Yaml| yaml.line;
    Ok(Node {
        line: 1,
        plain: root.convert(&place, |yaml| yaml.plain, 0)?,
    })
}

fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().get(..byte).unwrap_or_default();
    before.iter().filter(|b| **b == b'\n').count() + 1
}

impl<N> Plain<N> {
    fn convert(
        self,
        line: &impl Fn(&N) -> usize,
        inner: fn(N) -> Plain<N>,
        depth: usize,
    ) -> Result<Plain<Node>, Unreadable> {
        let child = |value: N| {
            let line_of = line(&value);
            if depth >= MAX_DEPTH {
                return Err(Unreadable {
                    line: Some(line_of),
                    what: format!("nested deeper than {MAX_DEPTH}"),
                });
            }
            Ok(Node {
                line: line_of,
                plain: inner(value).convert(line, inner, depth + 1)?,
            })
        };
        Ok(match self {
            Plain::Null => Plain::Null,
            Plain::Bool(value) => Plain::Bool(value),
            Plain::Number(value) => Plain::Number(value),
            Plain::Text(value) => Plain::Text(value),
            Plain::List(items) => Plain::List(items.into_iter().map(child).collect::<Result<_, _>>()?),
            Plain::Table(fields) => Plain::Table(
                fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, child(value)?)))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

impl Node {
    /// Without lines.
    pub(super) fn json(&self) -> Value {
        match &self.plain {
            Plain::Null => Value::Null,
            Plain::Bool(value) => Value::Bool(*value),
            Plain::Number(value) => Value::Number(value.clone()),
            Plain::Text(value) => Value::String(value.clone()),
            Plain::List(items) => Value::Array(items.iter().map(Node::json).collect()),
            Plain::Table(fields) => {
                let fields: Map<String, Value> = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.json()))
                    .collect();
                Value::Object(fields)
            }
        }
    }

    /// The line of what a JSON pointer leads to, or of the last thing on the way that is there.
    pub(super) fn line_of(&self, pointer: &str) -> usize {
        let mut at = self;
        for part in pointer.split('/').filter(|part| !part.is_empty()) {
            let next = match &at.plain {
                Plain::List(items) => part.parse::<usize>().ok().and_then(|n| items.get(n)),
                Plain::Table(fields) => fields.iter().find(|(name, _)| name == part).map(|(_, v)| v),
                Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::Text(_) => None,
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at.line
    }
}

struct Toml {
    start: usize,
    plain: Plain<Toml>,
}

impl<'de> Deserialize<'de> for Toml {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Toml, D::Error> {
        let spanned = ::toml::Spanned::<Plain<Toml>>::deserialize(from)?;
        Ok(Toml {
            start: spanned.span().start,
            plain: spanned.into_inner(),
        })
    }
}

struct Yaml {
    line: usize,
    plain: Plain<Yaml>,
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Yaml, D::Error> {
        let spanned = serde_saphyr::Spanned::<Plain<Yaml>>::deserialize(from)?;
        Ok(Yaml {
            line: usize::try_from(spanned.referenced.line()).unwrap_or_default(),
            plain: spanned.value,
        })
    }
}

impl<'de, N: Deserialize<'de>> Deserialize<'de> for Plain<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Plain<N>, D::Error> {
        from.deserialize_any(PlainVisitor(std::marker::PhantomData))
    }
}

struct PlainVisitor<N>(std::marker::PhantomData<N>);

impl<'de, N: Deserialize<'de>> Visitor<'de> for PlainVisitor<N> {
    type Value = Plain<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Plain<N>, E> {
        Ok(Plain::Null)
    }

    fn visit_none<E>(self) -> Result<Plain<N>, E> {
        Ok(Plain::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Plain<N>, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Plain<N>, E> {
        Ok(Plain::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Plain<N>, E> {
        Ok(Plain::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Plain<N>, E> {
        Ok(Plain::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Plain<N>, E> {
        match Number::from_f64(value) {
            Some(number) => Ok(Plain::Number(number)),
            None => Err(E::custom("expected a number that is finite")),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Plain<N>, E> {
        Ok(Plain::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Plain<N>, E> {
        Ok(Plain::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Plain<N>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Plain::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Plain<N>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = from.next_entry()? {
            fields.push(field);
        }
        Ok(Plain::Table(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn toml_and_yaml_are_one_tree() {
        let a =
            toml("prune = [\"routes\"]\n\n[[trunks]]\nname = \"a\"\nmax_cps = 3\n\n[trunks.x]\ny = 1.5\n")
                .unwrap();
        let b =
            yaml("prune: [routes]\n\ntrunks:\n  - name: a\n    max_cps: 3\n    x:\n      y: 1.5\n").unwrap();
        let value = json!({"prune": ["routes"], "trunks": [{"name": "a", "max_cps": 3, "x": {"y": 1.5}}]});
        assert_eq!(a.json(), value);
        assert_eq!(b.json(), value);
        for (tree, pointer, line) in [
            (&a, "/trunks/0/max_cps", 5),
            (&a, "/trunks/0/x/y", 8),
            (&a, "/trunks/0/nothing", 3),
            (&b, "/trunks/0/max_cps", 5),
            (&b, "/trunks/0/x/y", 7),
            (&b, "/prune/0", 1),
        ] {
            assert_eq!(tree.line_of(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let wrong = toml("a = 1\nb = \n").unwrap_err();
        assert_eq!(wrong.line, Some(2), "{wrong:?}");
        let wrong = yaml("a: 1\nb: [1, 2\n").unwrap_err();
        assert!(wrong.line.is_some(), "{wrong:?}");
        let wrong = toml("a = 1\na = 2\n").unwrap_err();
        assert_eq!(wrong.line, Some(2), "{wrong:?}");
        let wrong = yaml("a: 1\na: 2\n").unwrap_err();
        assert_eq!(wrong.line, Some(2), "{wrong:?}");
    }
}

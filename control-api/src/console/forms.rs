//! Forms: fields with their labels, hints and faults, and what somebody has filled in, as the API wants it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::Console;
use crate::http::local::Refused;

/// Most fields of a form.
const MAX_FIELDS: usize = 2_000;

/// What somebody has filled in, or what stands in a form before they do, and what was wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    values: BTreeMap<String, Vec<String>>,
    detail: Option<String>,
    faults: Vec<(String, String)>,
}

impl FromRequest<Console> for Filled {
    type Rejection = Refused;

    async fn from_request(request: Request, console: &Console) -> Result<Filled, Refused> {
        let bytes = Bytes::from_request(request, console)
            .await
            .map_err(Refused::inside)?;
        Ok(Filled::parse(&bytes))
    }
}

impl Filled {
    /// A form as browsers send it (the URL standard's `application/x-www-form-urlencoded`).
    pub(crate) fn parse(bytes: &[u8]) -> Filled {
        let mut filled = Filled::default();
        for (name, value) in url::form_urlencoded::parse(bytes).take(MAX_FIELDS) {
            filled
                .values
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
        filled
    }

    /// The fields of an object of the API; an object within it as `outer.inner`, a list of texts as a line each.
    pub(crate) fn of(value: &Value) -> Filled {
        let mut filled = Filled::default();
        filled.take("", value);
        filled
    }

    fn take(&mut self, name: &str, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::Bool(false) => return,
            Value::Bool(true) => "on".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join("\n"),
            Value::Object(fields) => {
                for (inner, value) in fields {
                    let name = if name.is_empty() {
                        inner.clone()
                    } else {
                        format!("{name}.{inner}")
                    };
                    self.take(&name, value);
                }
                return;
            }
        };
        self.values.insert(name.to_owned(), vec![text]);
    }

    /// The same with what the API said was wrong.
    pub(crate) fn refused(mut self, refused: Refused) -> Filled {
        self.faults = refused
            .faults
            .into_iter()
            .map(|(pointer, detail)| (pointer.trim_start_matches('/').replace('/', "."), detail))
            .collect();
        self.detail = Some(refused.detail);
        self
    }

    /// The same with one value in place of what stands there.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Filled {
        self.values.insert(name.to_owned(), vec![value.into()]);
        self
    }

    /// The same with these values of one field.
    pub(crate) fn with_each(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Filled {
        self.values.insert(name.to_owned(), values.into_iter().collect());
        self
    }

    /// What stands in a field, without the space around it; nothing where it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.values
            .get(name)
            .and_then(|all| all.first())
            .map_or("", |value| value.trim())
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a box is ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// As JSON text.
    pub(crate) fn string(&self, name: &str) -> Value {
        json!(self.text(name))
    }

    /// As a number; null where nothing stands, and the text itself where it is none, for the API to refuse.
    pub(crate) fn number(&self, name: &str) -> Value {
        match self.text(name) {
            "" => Value::Null,
            text => text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)),
        }
    }

    /// As a list: one for each line, or what commas part.
    pub(crate) fn lines(&self, name: &str) -> Value {
        let parts = self
            .text(name)
            .split(['\n', ','])
            .map(str::trim)
            .filter(|part| !part.is_empty());
        json!(parts.collect::<Vec<_>>())
    }

    /// Null where nothing stands.
    pub(crate) fn optional(&self, name: &str) -> Value {
        match self.text(name) {
            "" => Value::Null,
            text => json!(text),
        }
    }

    /// What was wrong with a field.
    fn fault(&self, name: &str) -> Option<&str> {
        let inner = format!("{name}.");
        self.faults
            .iter()
            .find(|(at, _)| at == name || at.starts_with(&inner))
            .map(|(_, detail)| detail.as_str())
    }

    /// What was wrong as a whole, at the head of the form.
    pub(crate) fn complaint(&self) -> Markup {
        html! { @if let Some(detail) = &self.detail { p.fault role="alert" { (detail) } } }
    }
}

/// An object of these fields, without those that are null.
pub(crate) fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let fields: Map<String, Value> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Value::Object(fields)
}

/// One field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: &'static str,
    label: String,
    hint: String,
    kind: &'static str,
    required: bool,
    autocomplete: Option<&'static str>,
}

impl Field {
    /// A line of text. `name` is that of the form, and of the API: `timers.talk_ms`.
    pub(crate) fn new(name: &'static str, label: impl Into<String>) -> Field {
        Field {
            name,
            label: label.into(),
            hint: String::new(),
            kind: "text",
            required: false,
            autocomplete: None,
        }
    }

    /// With a line below it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Field {
        Field {
            hint: hint.into(),
            ..self
        }
    }

    /// Of another type (the HTML standard's `type`).
    pub(crate) fn kind(self, kind: &'static str) -> Field {
        Field { kind, ..self }
    }

    /// That must be filled in.
    pub(crate) fn required(self) -> Field {
        Field {
            required: true,
            ..self
        }
    }

    /// That browsers may know (the HTML standard's `autocomplete`).
    pub(crate) fn autocomplete(self, what: &'static str) -> Field {
        Field {
            autocomplete: Some(what),
            ..self
        }
    }

    /// One line.
    pub(crate) fn input(self, filled: &Filled) -> Markup {
        let (name, kind, required, complete) = (self.name, self.kind, self.required, self.autocomplete);
        let value = (kind != "password").then(|| filled.text(self.name));
        self.around(filled, |wrong, about| {
            html! {
                input id=(name) name=(name) type=(kind) value=[value] required[required] autocomplete=[complete]
                    aria-invalid=[wrong] aria-describedby=[about];
            }
        })
    }

    /// Several lines.
    pub(crate) fn area(self, filled: &Filled, rows: u8) -> Markup {
        let (name, required) = (self.name, self.required);
        self.around(filled, |wrong, about| {
            html! {
                textarea id=(name) name=(name) rows=(rows) required[required] aria-invalid=[wrong]
                    aria-describedby=[about] { (filled.text(name)) }
            }
        })
    }

    /// One of several: value and text.
    pub(crate) fn select(self, filled: &Filled, options: &[(String, String)]) -> Markup {
        let (name, now) = (self.name, filled.text(self.name));
        self.around(filled, |wrong, about| {
            html! {
                select id=(name) name=(name) aria-invalid=[wrong] aria-describedby=[about] {
                    @for (value, text) in options { option value=(value) selected[value == now] { (text) } }
                }
            }
        })
    }

    /// Yes or no.
    pub(crate) fn tick(self, filled: &Filled) -> Markup {
        html! {
            div.field.tick {
                input id=(self.name) name=(self.name) type="checkbox" value="on" checked[filled.has(self.name)];
                label for=(self.name) { (self.label) }
                @if !self.hint.is_empty() { p.hint { (self.hint) } }
            }
        }
    }

    fn around(
        self,
        filled: &Filled,
        control: impl FnOnce(Option<&'static str>, Option<String>) -> Markup,
    ) -> Markup {
        let fault = filled.fault(self.name);
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let wrong = fault.map(|_| format!("{}-fault", self.name));
        let about: Vec<&str> = [&hint, &wrong]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let about = (!about.is_empty()).then(|| about.join(" "));
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                (control(fault.map(|_| "true"), about))
                @if let Some(id) = &hint { p.hint id=(id) { (self.hint) } }
                @if let (Some(id), Some(fault)) = (&wrong, fault) { p.fault id=(id) { (fault) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_fields_and_fields_become_what_the_api_wants() {
        let filled = Filled::of(&json!({
            "name": "a", "call_maximum": 3, "record": false, "shuffle": true, "origins": ["https://a.example", "*"],
            "timers": {"talk_ms": 5}, "redirect": null,
        }));
        assert_eq!(filled.string("name"), json!("a"));
        assert_eq!(filled.number("call_maximum"), json!(3));
        assert_eq!(filled.number("redirect"), Value::Null);
        assert!(filled.has("shuffle") && !filled.has("record"));
        assert_eq!(filled.lines("origins"), json!(["https://a.example", "*"]));
        assert_eq!(filled.number("timers.talk_ms"), json!(5));
        let sent = Filled::parse(b"name=+a%20b+&n=x&list=us%2C+ca%0D%0Agb");
        assert_eq!(sent.text("name"), "a b");
        assert_eq!(sent.number("n"), json!("x"));
        assert_eq!(sent.lines("list"), json!(["us", "ca", "gb"]));
    }

    #[test]
    fn a_fault_stands_at_its_field() {
        let refused = Refused {
            status: axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            detail: "timers.talk_ms: expected less".to_owned(),
            faults: vec![("/timers/talk_ms".to_owned(), "expected less".to_owned())],
        };
        let filled = Filled::parse(b"timers.talk_ms=9").refused(refused);
        let field = Field::new("timers.talk_ms", "Longest talk");
        let html = field.input(&filled).into_string();
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(
            html.contains("<p class=\"fault\" id=\"timers.talk_ms-fault\">expected less</p>"),
            "{html}"
        );
    }
}

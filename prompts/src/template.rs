//! Templates of the spoken script: Mustache's variables and sections by handlebars, never escaped for HTML.
//!
//! ```text
//! {{name}}                     the value          {{{name}}} and {{&name}} are the same: nothing is ever escaped
//! {{#many}}…{{/many}}          said when `many` is true, not empty and not 0
//! {{^many}}…{{/many}}          said when it is not
//! {{! a remark }}              never said
//! ```
//! [`check`] finds an unknown variable when a prompt is saved, not when a caller hears it.

mod engine;
mod scan;
#[cfg(test)]
mod tests;

use handlebars::Template;
use serde_json::Value;

use crate::key::PromptKey;
use crate::words::{self, Piece};

/// Longest template, in characters; some three minutes of speech.
pub const MAX_CHARACTERS: usize = 3_000;
/// Longest text after its variables were put in.
pub const MAX_RENDERED: usize = 6_000;
/// Most sections inside one another.
pub const MAX_DEPTH: usize = 8;

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Longer than [`MAX_CHARACTERS`], or than [`MAX_RENDERED`] with its variables put in.
    #[error("the text is longer than {MAX_CHARACTERS} characters; a caller would hang up before its end")]
    TooLong,
    /// Nothing to say.
    #[error("the text is empty")]
    Empty,
    /// Braces or sections that do not match.
    #[error("{problem}: {near:?}")]
    Syntax {
        /// What is wrong.
        problem: &'static str,
        /// Where.
        near: String,
    },
    /// A variable that this prompt does not have.
    #[error("{{{{{name}}}}} is no variable of {key}; {}", known(*key))]
    UnknownVariable {
        /// As written.
        name: String,
        /// The prompt.
        key: PromptKey,
    },
    /// A variable has no value that can be spoken.
    #[error("there is no value for {{{{{name}}}}}")]
    NoValue {
        /// The variable.
        name: String,
    },
}

fn known(key: PromptKey) -> String {
    match key.variables() {
        [] => "it has none".to_owned(),
        names => format!("its variables are {}", names.join(", ")),
    }
}

/// Whether a text can be a template of this prompt: it can be read, and uses only variables that the prompt has.
pub fn check(key: PromptKey, text: &str) -> Result<(), TemplateError> {
    if text.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    let unknown = engine::names(&compiled(text)?)?
        .into_iter()
        .find(|name| !key.variables().contains(&name.as_str()));
    match unknown {
        None => Ok(()),
        Some(name) => Err(TemplateError::UnknownVariable {
            name: short(&name),
            key,
        }),
    }
}

fn compiled(text: &str) -> Result<Template, TemplateError> {
    engine::compile(&scan::scan(text)?)
}

/// The text with its variables put in; `values` is an object. A variable without a value is an error, a section without one is
/// left out. Runs of white space become one space.
pub fn render(text: &str, values: &Value) -> Result<String, TemplateError> {
    put_in(text, values, |value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// As [`render`], for the ear: numbers in the words of a language, and dates ([`words::date`]) as it says them.
pub fn render_spoken(text: &str, values: &Value, language: &str) -> Result<String, TemplateError> {
    put_in(text, values, |value| words::said(value, language))
}

/// As [`render_spoken`], cut at the numbers that somebody may have recorded.
pub fn render_pieces(text: &str, values: &Value, language: &str) -> Result<Vec<Piece>, TemplateError> {
    put_in(text, values, |value| words::marked(value, language)).map(|text| words::pieces(&text))
}

fn put_in(
    text: &str,
    values: &Value,
    say: impl Fn(&Value) -> Option<String>,
) -> Result<String, TemplateError> {
    let rendered = engine::render(&compiled(text)?, values, say)?;
    Ok(rendered.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

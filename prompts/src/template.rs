//! Templates of the spoken script: Mustache's variables and sections, never escaped for HTML.
//!
//! ```text
//! {{name}}                     the value          {{{name}}} and {{&name}} are the same: nothing is ever escaped
//! {{#many}}…{{/many}}          said when `many` is true, not empty and not 0
//! {{^many}}…{{/many}}          said when it is not
//! {{! a remark }}              never said
//! ```
//! [`check`] finds an unknown variable when a prompt is saved, not when a caller hears it.

mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::key::PromptKey;
use parse::{Part, parse};

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
    check_parts(key, &parse(text)?)
}

fn check_parts(key: PromptKey, parts: &[Part<'_>]) -> Result<(), TemplateError> {
    for part in parts {
        let (name, inner) = match part {
            Part::Text(_) => continue,
            Part::Variable(name) => (*name, None),
            Part::Section { name, inner, .. } => (*name, Some(inner)),
        };
        if !key.variables().contains(&name) {
            return Err(TemplateError::UnknownVariable {
                name: short(name),
                key,
            });
        }
        if let Some(inner) = inner {
            check_parts(key, inner)?;
        }
    }
    Ok(())
}

/// The text with its variables put in; `values` is an object. A variable without a value is an error, a section without one is
/// left out. Runs of white space become one space.
pub fn render(text: &str, values: &Value) -> Result<String, TemplateError> {
    let mut rendered = String::with_capacity(text.len() + 64);
    render_parts(&parse(text)?, values, &mut rendered)?;
    Ok(rendered.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn render_parts(parts: &[Part<'_>], values: &Value, out: &mut String) -> Result<(), TemplateError> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Variable(name) => match values.get(name) {
                Some(Value::String(text)) => out.push_str(text),
                Some(Value::Number(number)) => out.push_str(&number.to_string()),
                Some(Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_)) | None => {
                    return Err(TemplateError::NoValue { name: short(name) });
                }
            },
            Part::Section {
                name,
                inverted,
                inner,
            } => {
                if is_set(values.get(name)) != *inverted {
                    render_parts(inner, values, out)?;
                }
            }
        }
        if out.len() > MAX_RENDERED * 4 {
            return Err(TemplateError::TooLong);
        }
    }
    Ok(())
}

fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(set)) => *set,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(_)) => true,
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

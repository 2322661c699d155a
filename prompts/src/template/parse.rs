//! Reads a template into its parts, in one pass.

use super::{MAX_CHARACTERS, MAX_DEPTH, TemplateError, short};

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Said as it is.
    Text(&'a str),
    /// A value.
    Variable(&'a str),
    /// Said, or left out, by a value.
    Section {
        /// The value's name.
        name: &'a str,
        /// Said when the value is not set.
        inverted: bool,
        /// What is said.
        inner: Vec<Part<'a>>,
    },
}

/// A section that has been opened: its name, whether it is inverted, and what came before it on its level.
struct Open<'a> {
    name: &'a str,
    inverted: bool,
    before: Vec<Part<'a>>,
}

pub(super) fn parse(text: &str) -> Result<Vec<Part<'_>>, TemplateError> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(TemplateError::TooLong);
    }
    let mut parts = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        if at > 0 {
            parts.push(Part::Text(&rest[..at]));
        }
        let (tag, after) = tag(&rest[at..])?;
        rest = after;
        match tag {
            Tag::Comment => {}
            Tag::Variable(name) => parts.push(Part::Variable(name)),
            Tag::Open { .. } if open.len() == MAX_DEPTH => {
                return Err(syntax(
                    "too many sections inside one another",
                    tag_text(text, rest),
                ));
            }
            Tag::Open { name, inverted } => {
                open.push(Open {
                    name,
                    inverted,
                    before: std::mem::take(&mut parts),
                });
            }
            Tag::Close(name) => match open.pop() {
                Some(section) if section.name == name => {
                    let inner = std::mem::replace(&mut parts, section.before);
                    parts.push(Part::Section {
                        name,
                        inverted: section.inverted,
                        inner,
                    });
                }
                Some(_) | None => {
                    return Err(syntax(
                        "this closes a section that is not open",
                        tag_text(text, rest),
                    ));
                }
            },
        }
    }
    if let Some(section) = open.last() {
        return Err(syntax("this section is never closed", section.name));
    }
    if rest.contains("}}") {
        return Err(syntax("these braces close nothing", rest));
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

enum Tag<'a> {
    Variable(&'a str),
    Open { name: &'a str, inverted: bool },
    Close(&'a str),
    Comment,
}

/// The tag at the beginning of `text`, and what comes after it.
fn tag(text: &str) -> Result<(Tag<'_>, &str), TemplateError> {
    let (start, end) = if text.starts_with("{{{") {
        ("{{{", "}}}")
    } else {
        ("{{", "}}")
    };
    let body = &text[start.len()..];
    let length = body
        .find(end)
        .ok_or_else(|| syntax("these braces are never closed", text))?;
    let (inside, after) = (body[..length].trim(), &body[length + end.len()..]);
    let named = |name: &'_ str| -> bool {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let sigil = inside
        .chars()
        .next()
        .filter(|c| "#^/!&".contains(*c) && start == "{{");
    let name = match sigil {
        Some('!') => return Ok((Tag::Comment, after)),
        Some(_) => inside[1..].trim(),
        None => inside,
    };
    if !named(name) {
        return Err(syntax("only a variable's name can stand between braces", text));
    }
    let tag = match sigil {
        Some('#') => Tag::Open {
            name,
            inverted: false,
        },
        Some('^') => Tag::Open { name, inverted: true },
        Some('/') => Tag::Close(name),
        Some(_) | None => Tag::Variable(name),
    };
    Ok((tag, after))
}

/// What stands before `rest` in `text`, its last few characters, for an error.
fn tag_text<'a>(text: &'a str, rest: &str) -> &'a str {
    let read = &text[..text.len() - rest.len()];
    read.rfind("{{").map_or(read, |at| &read[at..])
}

fn syntax(problem: &'static str, near: &str) -> TemplateError {
    TemplateError::Syntax {
        problem,
        near: short(near),
    }
}

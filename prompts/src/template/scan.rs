//! Mustache made ready for handlebars: every tag is looked at once, and written again as handlebars has it.
//!
//! handlebars knows helpers, partials, paths and `{{else}}`, which a campaign's text shall not have, and does not know
//! Mustache's inverted section: `{{^many}}` becomes `{{#many}}{{^}}`, which is the same. Faults are told here, in the words of
//! the one who wrote the text; those of handlebars name rules of its grammar. See adr/0005.

use super::{MAX_CHARACTERS, MAX_DEPTH, TemplateError, short};

/// Names that mean something to handlebars.
const RESERVED: [&str; 2] = ["else", "this"];

enum Tag<'a> {
    Variable(&'a str),
    Open { name: &'a str, inverted: bool },
    Close(&'a str),
    Comment,
}

/// The text as handlebars is to read it.
pub(super) fn scan(text: &str) -> Result<String, TemplateError> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(TemplateError::TooLong);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, tagged) = rest.split_at(at);
        let (tag, after) = tag(tagged)?;
        let near = &tagged[..tagged.len() - after.len()];
        rest = after;
        written.push_str(before);
        if matches!(tag, Tag::Comment) {
            continue;
        }
        // In handlebars a backslash takes a tag's meaning away, and a second one gives it back.
        if written.ends_with('\\') {
            written.push('\\');
        }
        match tag {
            Tag::Comment => {}
            Tag::Variable(name) => written.extend(["{{", name, "}}"]),
            Tag::Open { .. } if open.len() == MAX_DEPTH => {
                return Err(syntax("too many sections inside one another", near));
            }
            Tag::Open { name, inverted } => {
                open.push(name);
                written.extend(["{{#", name, "}}", if inverted { "{{^}}" } else { "" }]);
            }
            Tag::Close(name) if open.pop() == Some(name) => written.extend(["{{/", name, "}}"]),
            Tag::Close(_) => return Err(syntax("this closes a section that is not open", near)),
        }
    }
    if let Some(name) = open.last() {
        return Err(syntax("this section is never closed", name));
    }
    if rest.contains("}}") {
        return Err(syntax("these braces close nothing", rest));
    }
    written.push_str(rest);
    Ok(written)
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
    let sigil = inside
        .chars()
        .next()
        .filter(|c| "#^/!&".contains(*c) && start == "{{");
    let name = match sigil {
        Some('!') => return Ok((Tag::Comment, after)),
        Some(_) => inside[1..].trim(),
        None => inside,
    };
    if !is_name(name) {
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

fn is_name(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    !name.is_empty() && letters && !RESERVED.contains(&name)
}

fn syntax(problem: &'static str, near: &str) -> TemplateError {
    TemplateError::Syntax {
        problem,
        near: short(near),
    }
}

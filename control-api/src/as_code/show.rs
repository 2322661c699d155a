//! A plan as a person reads it: `+` comes, `~` changes, `-` goes, and a count at the end.

use std::fmt::Write as _;

use serde_json::Value;

use super::current::Content;
use super::plan::{Change, Field, Plan};
use super::wanted::Said;
use super::write::toml_value;

/// Most characters of a value that are shown.
const MAX_SHOWN: usize = 100;

impl Plan {
    /// The whole plan, ending with a count.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            out.push_str(&change.text());
        }
        if !self.changes.is_empty() {
            out.push('\n');
        }
        out.push_str(&self.count());
        out.push('\n');
        out
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn count(&self) -> String {
        if self.changes.is_empty() {
            return format!("No changes: {} as they are.", things(self.same));
        }
        let mut counts = [0_usize; 3];
        for change in &self.changes {
            counts[match change.sign() {
                '+' => 0,
                '~' => 1,
                _ => 2,
            }] += 1;
        }
        let [add, change, delete] = counts;
        format!(
            "{add} to add, {change} to change, {delete} to delete; {} as they are.",
            things(self.same)
        )
    }
}

fn things(count: usize) -> String {
    if count == 1 {
        "1 thing".to_owned()
    } else {
        format!("{count} things")
    }
}

impl Change {
    fn sign(&self) -> char {
        match self {
            Change::Create { .. } | Change::AddVersion { .. } => '+',
            Change::Delete { .. } => '-',
            Change::Alter { .. } | Change::Targets { .. } | Change::Select { .. } | Change::Status { .. } => {
                '~'
            }
        }
    }

    /// In one line, without what changes within.
    pub(super) fn title(&self) -> String {
        let what = match self {
            Change::Create { noun, name, .. }
            | Change::Alter { noun, name, .. }
            | Change::Delete { noun, name, .. } => {
                format!("{} {name:?}", noun.word())
            }
            Change::Targets { campaign, .. } => format!("targets of campaign {campaign:?}"),
            Change::AddVersion { campaign, said, .. } => {
                format!("prompt {} {}{}", said.key, said.language, of(campaign.as_deref()))
            }
            Change::Select {
                campaign,
                key,
                language,
                ..
            } => format!("prompt {key} {language}{}", of(campaign.as_deref())),
            Change::Status { campaign, from, to } => format!("campaign {campaign:?}: {from} → {to}"),
        };
        format!("{} {what}", self.sign())
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n", self.title());
        match self {
            Change::Create {
                noun, body, password, ..
            } => {
                for (name, value) in noun.told(body) {
                    if name != noun.key() {
                        line(&mut out, &format!("{} = {}", in_names(&name), shown(&value)));
                    }
                }
                if password.is_some() {
                    line(&mut out, "password = (not shown)");
                }
            }
            Change::Alter { fields, password, .. } => {
                for Field { name, from, to } in fields {
                    line(&mut out, &format!("{name}: {} → {}", shown(from), shown(to)));
                }
                if password.is_some() {
                    line(&mut out, "password: changed (not shown)");
                }
            }
            Change::Targets { keys, before, .. } => list(&mut out, before, keys),
            Change::AddVersion { said, replaces, .. } => {
                let replaces = replaces.map_or_else(String::new, |n| format!(", in place of version {n}"));
                line(&mut out, &format!("{}{replaces}", says(said)));
            }
            Change::Select { number, before, .. } => {
                let before = before.map_or_else(|| "none".to_owned(), |n| n.to_string());
                line(&mut out, &format!("version: {before} → {number}"));
            }
            Change::Delete { .. } | Change::Status { .. } => {}
        }
        out
    }
}

fn of(campaign: Option<&str>) -> String {
    match campaign {
        Some(name) => format!(" of campaign {name:?}"),
        None => " of every campaign".to_owned(),
    }
}

fn list(out: &mut String, before: &[String], keys: &[String]) {
    for gone in before.iter().filter(|key| !keys.contains(key)) {
        line(out, &format!("- {gone}"));
    }
    for new in keys.iter().filter(|key| !before.contains(key)) {
        line(out, &format!("+ {new}"));
    }
    let stays = |list: &[String], other: &[String]| -> Vec<String> {
        list.iter().filter(|key| other.contains(key)).cloned().collect()
    };
    if stays(before, keys) != stays(keys, before) {
        line(out, &format!("order: {}", keys.join(", ")));
    }
}

fn says(said: &Said) -> String {
    match (&said.content, &said.path) {
        (Content::Text { text, voice }, _) if voice.is_empty() => shown(&Value::from(text.as_str())),
        (Content::Text { text, voice }, _) => {
            format!("{} by voice {voice}", shown(&Value::from(text.as_str())))
        }
        (Content::Recording(_), Some(path)) => format!("recording {}", path.display()),
        (Content::Recording(hash), None) => format!("recording {hash}"),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "    {text}");
}

fn shown(value: &Value) -> String {
    let text = toml_value(value).unwrap_or_else(|| "none".to_owned());
    if text.chars().count() <= MAX_SHOWN {
        return text;
    }
    let start: String = text.chars().take(MAX_SHOWN).collect();
    format!("{start}…")
}

fn in_names(text: &str) -> String {
    text.replace("trunk_id", "trunk")
        .replace("campaign_id", "campaign")
}

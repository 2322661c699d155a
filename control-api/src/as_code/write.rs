//! What is in the database as a file that `apply` reads: only what differs from its default, and no secrets.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::current::{self, Campaign, Content, Current, Known, Script, Version, Whole};
use super::plan::Noun;
use crate::store::{self, Db};

/// A file, and the recordings that belong beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exported {
    /// TOML.
    pub(crate) text: String,
    /// Recordings that it names.
    pub(crate) recordings: Vec<Recording>,
}

/// A recording of an exported file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Where it is to lie, seen from the file.
    pub(crate) path: String,
    /// The hash of its bytes.
    pub(crate) hash: String,
}

/// One campaign with its targets, its prompts and its own numbers; `None` when there is none of that name.
pub(crate) async fn one(db: &Db, name: &str) -> store::Result<Option<Exported>> {
    let current = current::load(db, None, Whole::One(name)).await?;
    let Some(campaign) = current.campaign(name) else {
        return Ok(None);
    };
    let mut writer = Writer::default();
    for number in current
        .numbers
        .iter()
        .filter(|n| n.body["campaign_id"] == json!(name))
    {
        writer.thing(Noun::Number, number);
    }
    writer.targets(&current);
    writer.campaign(campaign);
    Ok(Some(writer.finish()))
}

/// Everything: trunks, routes, numbers, targets of campaigns, prompts, campaigns.
pub(crate) async fn all(db: &Db) -> store::Result<Exported> {
    let current = current::load(db, None, Whole::All).await?;
    let mut writer = Writer::default();
    for trunk in &current.trunks {
        writer.thing(Noun::Trunk, trunk);
    }
    for number in &current.numbers {
        writer.thing(Noun::Number, number);
    }
    for route in &current.routes {
        writer.thing(Noun::Route, route);
    }
    writer.targets(&current);
    writer.prompts("prompts", "", &current.prompts);
    for campaign in &current.campaigns {
        writer.campaign(campaign);
    }
    Ok(writer.finish())
}

#[derive(Default)]
struct Writer {
    text: String,
    recordings: Vec<Recording>,
}

impl Writer {
    fn finish(self) -> Exported {
        Exported {
            text: self.text.trim_start().to_owned(),
            recordings: self.recordings,
        }
    }

    fn targets(&mut self, current: &Current) {
        for target in &current.targets {
            self.thing(Noun::Target, target);
        }
    }

    fn thing(&mut self, noun: Noun, known: &Known) {
        let table = format!("{}s", noun.word());
        self.header(&format!("[[{table}]]"));
        self.fields(&table, noun, &known.body, Map::new());
    }

    fn campaign(&mut self, campaign: &Campaign) {
        self.header("[[campaigns]]");
        let mut more = Map::new();
        more.insert("status".to_owned(), json!(campaign.status));
        more.insert("targets".to_owned(), json!(campaign.targets));
        self.fields("campaigns", Noun::Campaign, &campaign.known.body, more);
        let folder = format!("{}/", slug(&campaign.known.name));
        self.prompts("campaigns.prompts", &folder, &campaign.prompts);
    }

    fn header(&mut self, header: &str) {
        // Writing to a String does not fail.
        let _ = write!(self.text, "\n{header}\n");
    }

    /// The name first, then what is plain, then what is a table.
    fn fields(&mut self, table: &str, noun: Noun, body: &Value, more: Map<String, Value>) {
        let mut fields = noun.told(body);
        if let Some(name) = fields.remove(noun.key()) {
            self.line(noun.key(), &name);
        }
        for (name, value) in more {
            self.line(&name, &value);
        }
        let (tables, plain): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, value)| {
            matches!(value, Value::Object(_)) || (name == "offices" && value.is_array())
        });
        for (name, value) in plain {
            self.line(&name, &value);
        }
        for (name, value) in tables {
            if let Value::Array(offices) = value {
                for office in offices {
                    self.header(&format!("[[{table}.{name}]]"));
                    self.office(&office);
                }
            } else {
                self.header(&format!("[{table}.{name}]"));
                self.lines(&value);
            }
        }
    }

    fn lines(&mut self, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            self.line(name, value);
        }
    }

    /// Without what is empty: that is the default of every field of an office.
    fn office(&mut self, office: &Value) {
        for (name, value) in office.as_object().into_iter().flatten() {
            if value.as_str() != Some("") {
                self.line(name, value);
            }
        }
    }

    fn line(&mut self, name: &str, value: &Value) {
        let name = name
            .replace("trunk_id", "trunk")
            .replace("campaign_id", "campaign");
        if let Some(value) = toml_value(value) {
            let _ = writeln!(self.text, "{} = {value}", key(&name));
        }
    }

    fn prompts(&mut self, table: &str, folder: &str, script: &Script) {
        for ((key, language), version) in &script.selected {
            self.header(&format!("[[{table}]]"));
            self.line("key", &json!(key));
            self.line("language", &json!(language));
            if !version.description.is_empty() {
                self.line("description", &json!(version.description));
            }
            self.content(folder, key, language, version);
        }
    }

    fn content(&mut self, folder: &str, key: &str, language: &str, version: &Version) {
        match &version.content {
            Content::Text { text, voice } => {
                self.line("text", &json!(text));
                if !voice.is_empty() {
                    self.line("voice", &json!(voice));
                }
            }
            Content::Recording(hash) => {
                let path = format!("prompts/{folder}{key}-{language}.audio");
                self.line("file", &json!(path));
                self.recordings.push(Recording {
                    path,
                    hash: hash.clone(),
                });
            }
        }
    }
}

/// A value on one line; `None` for nothing.
pub(super) fn toml_value(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(toml_value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .filter_map(|(name, value)| {
                    Some(format!("{} = {}", key(&in_names(name)), toml_value(value)?))
                })
                .collect();
            match fields.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", fields.join(", ")),
            }
        }
    })
}

fn in_names(name: &str) -> String {
    name.replace("trunk_id", "trunk")
        .replace("campaign_id", "campaign")
}

/// A bare key, or a quoted one.
fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match !name.is_empty() && name.bytes().all(bare) {
        true => name.to_owned(),
        false => toml::Value::from(name).to_string(),
    }
}

/// A name as a folder: `save the library` is `save-the-library`.
fn slug(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

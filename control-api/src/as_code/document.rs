//! What a file says: trunks, routes, numbers, targets, prompts and campaigns, each by its name, in the form in which the API writes them.
//!
//! A thing that stands in the file is described whole: what is left out has its default. What a campaign's `status`, `targets` and
//! `prompts` do not say stays as it is, and so does everything that the file does not name.

use std::collections::BTreeMap;

use serde_json::Value;
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::template;
use trunkline_prompts::tts::is_voice;
use trunkline_prompts::words::Word;

use super::fault::{Fault, Faults};
use super::node::{self, Node, Plain};
use crate::http::bodies;
use crate::http::bodies::FieldFault;
use crate::store::campaigns::CampaignStatus;

/// Largest file that is read.
pub(super) const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Most things of one kind.
const MAX_THINGS: usize = 10_000;
/// Most faults that are told at once.
const MAX_FAULTS: usize = 20;

/// Everything that a file may say at its top.
const KNOWN: [&str; 7] = [
    "campaigns",
    "numbers",
    "prompts",
    "prune",
    "routes",
    "targets",
    "trunks",
];

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Document {
    pub(super) trunks: Vec<Trunk>,
    pub(super) routes: Vec<Item>,
    pub(super) numbers: Vec<Item>,
    pub(super) targets: Vec<Item>,
    /// The installation's own.
    pub(super) prompts: Vec<Prompt>,
    pub(super) campaigns: Vec<Campaign>,
    /// Kinds of things of which those that the file does not name go.
    pub(super) prune: Vec<Prune>,
}

/// One thing, whole: names stand where the API has ids.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) body: Value,
}

/// A trunk, and where its password comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trunk {
    pub(super) item: Item,
    pub(super) password: Option<Secret>,
}

/// Where a secret comes from; it never stands in the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    /// A variable of the environment.
    Env { name: String, line: usize },
    /// A file, without the line break at its end.
    File { path: String, line: usize },
}

/// A campaign with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Campaign {
    pub(super) item: Item,
    pub(super) status: Option<CampaignStatus>,
    /// Keys, in order, with their lines.
    pub(super) targets: Option<Vec<(String, usize)>>,
    pub(super) prompts: Vec<Prompt>,
}

/// What callers are to hear under a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prompt {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) language: String,
    pub(super) description: String,
    pub(super) source: Source,
}

/// A text, or the path of a recording, seen from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Text { text: String, voice: String },
    File(String),
}

/// Kinds of things that can be pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prune {
    Trunks,
    Routes,
    Numbers,
}

impl Prune {
    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Prune> {
        match word {
            "trunks" => Some(Prune::Trunks),
            "routes" => Some(Prune::Routes),
            "numbers" => Some(Prune::Numbers),
            _ => None,
        }
    }
}

/// Reads a file's text; its name says whether it is YAML.
pub(super) fn parse(file: &str, text: &str) -> Result<Document, Faults> {
    let yaml = file.ends_with(".yaml") || file.ends_with(".yml");
    let root = match yaml {
        true => node::yaml(text),
        false => node::toml(text),
    };
    let root = root.map_err(|wrong| {
        let kind = if yaml { "YAML" } else { "TOML" };
        Faults::one(file, wrong.line, format!("this is no {kind}: {}", wrong.what))
    })?;
    let mut reader = Reader {
        file: file.to_owned(),
        faults: Vec::new(),
    };
    let document = reader.document(&root);
    reader.faults.truncate(MAX_FAULTS);
    match reader.faults.is_empty() {
        true => Ok(document),
        false => Err(Faults(reader.faults)),
    }
}

/// Reads the tree, and goes on after a fault, so that all of them are told.
struct Reader {
    file: String,
    faults: Vec<Fault>,
}

/// The fields of one table, taken one after the other.
struct Fields<'a> {
    node: &'a Node,
    left: Vec<(&'a str, &'a Node)>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str) -> Option<&'a Node> {
        let at = self.left.iter().position(|(field, _)| *field == name)?;
        Some(self.left.remove(at).1)
    }

    /// What is left, as the API reads it.
    fn body(&self) -> serde_json::Map<String, Value> {
        self.left
            .iter()
            .filter(|(_, value)| value.plain != Plain::Null)
            .map(|(name, value)| ((*name).to_owned(), value.json()))
            .collect()
    }
}

impl Reader {
    fn wrong(&mut self, line: usize, what: impl Into<String>) {
        self.faults.push(Fault {
            file: self.file.clone(),
            line: Some(line),
            what: what.into(),
        });
    }

    fn document(&mut self, root: &Node) -> Document {
        let mut document = Document::default();
        let Plain::Table(fields) = &root.plain else {
            self.wrong(root.line, format!("expected tables of {}", KNOWN.join(", ")));
            return document;
        };
        for (name, value) in fields {
            match name.as_str() {
                "trunks" => document.trunks = self.each(value, "trunk", Reader::trunk),
                "routes" => document.routes = self.each(value, "route", Reader::route),
                "numbers" => document.numbers = self.each(value, "number", Reader::number),
                "targets" => document.targets = self.each(value, "target", Reader::target),
                "campaigns" => document.campaigns = self.each(value, "campaign", Reader::campaign),
                "prompts" => document.prompts = self.each(value, "prompt", |r, f| r.prompt(f, "")),
                "prune" => document.prune = self.prune(value),
                other => self.wrong(
                    value.line,
                    format!("unknown key {other:?}; known: {}", KNOWN.join(", ")),
                ),
            }
        }
        self.unique("trunk", document.trunks.iter().map(|t| &t.item));
        self.unique("route", document.routes.iter());
        self.unique("number", document.numbers.iter());
        self.unique("target", document.targets.iter());
        self.unique("campaign", document.campaigns.iter().map(|c| &c.item));
        self.one_version("", &document.prompts);
        for campaign in &document.campaigns {
            let of = format!("campaign {:?}: ", campaign.item.name);
            self.one_version(&of, &campaign.prompts);
        }
        document
    }

    /// Every table of a list.
    fn each<T>(
        &mut self,
        list: &Node,
        noun: &str,
        mut read: impl FnMut(&mut Reader, &mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let items = match &list.plain {
            Plain::List(items) if items.len() <= MAX_THINGS => items,
            Plain::List(_) => {
                self.wrong(
                    list.line,
                    format!("more than {MAX_THINGS} {noun}s: divide the file"),
                );
                return Vec::new();
            }
            Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::Text(_) | Plain::Table(_) => {
                self.wrong(
                    list.line,
                    format!("expected a list of {noun}s: in TOML, [[{noun}s]]"),
                );
                return Vec::new();
            }
        };
        let mut all = Vec::new();
        for item in items {
            let Plain::Table(fields) = &item.plain else {
                self.wrong(item.line, format!("expected a {noun} with its fields"));
                continue;
            };
            let mut fields = Fields {
                node: item,
                left: fields
                    .iter()
                    .map(|(name, value)| (name.as_str(), value))
                    .collect(),
            };
            all.extend(read(self, &mut fields));
        }
        all
    }

    fn trunk(&mut self, fields: &mut Fields<'_>) -> Option<Trunk> {
        let password = fields.take("password").map(|node| self.secret(node));
        let item = self.item("trunk", "name", fields, bodies::trunk)?;
        let password = match password {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Trunk { item, password })
    }

    /// `{ env = "NAME" }` or `{ file = "path" }`.
    fn secret(&mut self, node: &Node) -> Option<Secret> {
        let line = node.line;
        if let Plain::Table(fields) = &node.plain
            && let [(kind, value)] = fields.as_slice()
            && let Plain::Text(word) = &value.plain
        {
            match kind.as_str() {
                "env" => {
                    return Some(Secret::Env {
                        name: word.clone(),
                        line,
                    });
                }
                "file" => {
                    return Some(Secret::File {
                        path: word.clone(),
                        line,
                    });
                }
                _ => {}
            }
        }
        self.wrong(
            line,
            "password: it does not stand in the file itself: write { env = \"NAME\" } or { file = \"path\" }",
        );
        None
    }

    fn route(&mut self, fields: &mut Fields<'_>) -> Option<Item> {
        self.item("route", "name", fields, |body| bodies::route(with_ids(body)))
    }

    fn number(&mut self, fields: &mut Fields<'_>) -> Option<Item> {
        self.item("number", "e164", fields, |body| bodies::number(with_ids(body)))
    }

    fn target(&mut self, fields: &mut Fields<'_>) -> Option<Item> {
        self.item("target", "key", fields, bodies::target)
    }

    fn campaign(&mut self, fields: &mut Fields<'_>) -> Option<Campaign> {
        let status = fields.take("status");
        let targets = fields.take("targets");
        let prompts = fields.take("prompts");
        let item = self.item("campaign", "name", fields, bodies::campaign)?;
        let of = format!("campaign {:?}: ", item.name);
        let status = status.and_then(|node| self.status(node, &of));
        let targets = targets.map(|node| self.keys(node, &of));
        let prompts = match prompts {
            Some(list) => self.each(list, "prompt", |reader, fields| reader.prompt(fields, &of)),
            None => Vec::new(),
        };
        Some(Campaign {
            item,
            status,
            targets,
            prompts,
        })
    }

    fn status(&mut self, node: &Node, of: &str) -> Option<CampaignStatus> {
        let word = match &node.plain {
            Plain::Text(word) => CampaignStatus::parse(word),
            Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::List(_) | Plain::Table(_) => None,
        };
        if word.is_none() {
            self.wrong(
                node.line,
                format!("{of}status: expected paused, live or archived"),
            );
        }
        word
    }

    /// Keys of targets, each once.
    fn keys(&mut self, node: &Node, of: &str) -> Vec<(String, usize)> {
        let mut keys: Vec<(String, usize)> = Vec::new();
        let items = match &node.plain {
            Plain::List(items) => items.as_slice(),
            Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::Text(_) | Plain::Table(_) => {
                self.wrong(
                    node.line,
                    format!("{of}targets: expected a list of keys of targets"),
                );
                &[]
            }
        };
        for item in items {
            let Plain::Text(key) = &item.plain else {
                self.wrong(item.line, format!("{of}targets: expected a target's key"));
                continue;
            };
            if keys.iter().any(|(other, _)| other == key) {
                self.wrong(item.line, format!("{of}targets: {key:?} is in the list already"));
            } else {
                keys.push((key.clone(), item.line));
            }
        }
        keys
    }

    fn prompt(&mut self, fields: &mut Fields<'_>, of: &str) -> Option<Prompt> {
        let line = fields.node.line;
        let of = format!("{of}prompt");
        let faults = self.faults.len();
        let key = self.text(fields, "key", &of);
        let language = self
            .text(fields, "language", &of)
            .unwrap_or_else(|| "en".to_owned());
        let description = self.text(fields, "description", &of).unwrap_or_default();
        let text = self.text(fields, "text", &of);
        let file = self.text(fields, "file", &of);
        let voice = self.text(fields, "voice", &of).unwrap_or_default();
        for (name, value) in &fields.left {
            self.wrong(
                value.line,
                format!("{of}: unknown key {name:?}; known: description, file, key, language, text, voice"),
            );
        }
        let Some(key) = key else {
            self.wrong(line, format!("{of}: key is required, for example msg_intro"));
            return None;
        };
        match PromptKey::parse(&key) {
            Err(_) if Word::parse(&key).is_some() && text.is_none() => {}
            Err(error) => self.wrong(line, format!("{of}: {error}")),
            Ok(parsed) => {
                if let Some(Err(error)) = text.as_deref().map(|text| template::check(parsed, text)) {
                    self.wrong(line, format!("{of} {key}: text: {error}"));
                }
            }
        }
        if !bodies::is_language(&language) {
            self.wrong(
                line,
                format!("{of} {key}: language: expected a tag, for example en or es-MX"),
            );
        }
        if !voice.is_empty() && !is_voice(&voice) {
            self.wrong(line, format!("{of} {key}: voice: expected the name of a voice"));
        }
        let source = match (text, file) {
            (Some(text), None) => Some(Source::Text { text, voice }),
            (None, Some(file)) => Some(Source::File(file)),
            (Some(_), Some(_)) | (None, None) => {
                self.wrong(
                    line,
                    format!("{of} {key}: expected either a text or a file, and not both"),
                );
                None
            }
        };
        let source = source.filter(|_| self.faults.len() == faults)?;
        Some(Prompt {
            line,
            key,
            language,
            description,
            source,
        })
    }

    fn text(&mut self, fields: &mut Fields<'_>, name: &str, of: &str) -> Option<String> {
        let node = fields.take(name)?;
        match &node.plain {
            Plain::Text(text) => Some(text.clone()),
            Plain::Null => None,
            Plain::Bool(_) | Plain::Number(_) | Plain::List(_) | Plain::Table(_) => {
                self.wrong(node.line, format!("{of}: {name}: expected a text"));
                None
            }
        }
    }

    /// A thing by its name, checked as a request would be.
    fn item(
        &mut self,
        noun: &str,
        by: &str,
        fields: &mut Fields<'_>,
        check: impl FnOnce(Value) -> Result<Value, Vec<FieldFault>>,
    ) -> Option<Item> {
        let line = fields.node.line;
        let named = fields.left.iter().find(|(name, _)| *name == by);
        let name = match named.map(|(_, value)| &value.plain) {
            Some(Plain::Text(name)) => name.clone(),
            Some(Plain::Number(_)) => {
                self.wrong(
                    line,
                    format!("{noun}: {by}: expected a text: put quotes around it"),
                );
                return None;
            }
            Some(Plain::Null | Plain::Bool(_) | Plain::List(_) | Plain::Table(_)) | None => {
                self.wrong(line, format!("{noun}: {by} is required"));
                return None;
            }
        };
        match check(Value::Object(fields.body())) {
            Ok(body) => Some(Item { name, line, body }),
            Err(faults) => {
                for fault in faults {
                    let at = fields.node.line_of(&fault.pointer);
                    let field = fault.pointer.trim_start_matches('/').replace('/', ".");
                    let what = in_names(&fault.detail);
                    self.wrong(at, format!("{noun} {name:?}: {}: {what}", in_names(&field)));
                }
                None
            }
        }
    }

    fn prune(&mut self, node: &Node) -> Vec<Prune> {
        let words = match &node.plain {
            Plain::List(words) => words.as_slice(),
            Plain::Null | Plain::Bool(_) | Plain::Number(_) | Plain::Text(_) | Plain::Table(_) => &[],
        };
        let mut prune = Vec::new();
        for word in words {
            let kind = word.json().as_str().and_then(Prune::parse);
            match kind {
                Some(kind) => prune.push(kind),
                None => self.wrong(word.line, PRUNE),
            }
        }
        if words.is_empty() && !matches!(&node.plain, Plain::List(_)) {
            self.wrong(node.line, PRUNE);
        }
        prune
    }

    fn unique<'a>(&mut self, noun: &str, items: impl Iterator<Item = &'a Item>) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for item in items {
            if let Some(first) = seen.insert(&item.name, item.line) {
                self.wrong(
                    item.line,
                    format!(
                        "{noun} {:?} stands in the file twice, first on line {first}: leave one out",
                        item.name
                    ),
                );
            }
        }
    }

    fn one_version(&mut self, of: &str, prompts: &[Prompt]) {
        for (n, prompt) in prompts.iter().enumerate() {
            let first = prompts[..n]
                .iter()
                .find(|other| (&other.key, &other.language) == (&prompt.key, &prompt.language));
            if let Some(first) = first {
                let (key, language) = (&prompt.key, &prompt.language);
                self.wrong(
                    prompt.line,
                    format!(
                        "{of}prompt {key} {language} is given twice, first on line {}: leave one out",
                        first.line
                    ),
                );
            }
        }
    }
}

const PRUNE: &str = "prune: expected a list of trunks, routes, numbers";

/// Names where the API has ids: `trunk`, `campaign`, and trunks of a route that are names alone.
fn with_ids(body: Value) -> Value {
    let Value::Object(fields) = body else {
        return body;
    };
    let renamed = fields
        .into_iter()
        .map(|(name, value)| match (name.as_str(), value) {
            ("trunk", value) => ("trunk_id".to_owned(), value),
            ("campaign", value) => ("campaign_id".to_owned(), value),
            ("trunk_id" | "campaign_id", value) => (
                format!("{name} (here a name stands, under {})", in_names(&name)),
                value,
            ),
            ("trunks", Value::Array(trunks)) => (name, trunks.into_iter().map(trunk_of_route).collect()),
            (_, value) => (name, value),
        });
    Value::Object(renamed.collect())
}

fn trunk_of_route(trunk: Value) -> Value {
    match trunk {
        Value::String(name) => serde_json::json!({ "trunk_id": name }),
        table @ Value::Object(_) => with_ids(table),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => other,
    }
}

/// The API's words for what a file calls by name.
fn in_names(text: &str) -> String {
    text.replace("trunk_id", "trunk")
        .replace("campaign_id", "campaign")
}

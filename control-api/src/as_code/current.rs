//! What is in the database, in the form of a file's things: names in place of ids.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Item};
use crate::http::bodies;
use crate::privacy::Keys;
use crate::runtime::snapshot::password_context;
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::grants::Reach;
use crate::store::prompts::{self, INSTALLATION};
use crate::store::{self, Db, Page, StoreError, numbers, routes, targets, trunks};

/// Everything that a plan compares with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Current {
    pub(super) trunks: Vec<Known>,
    /// Of trunks that have one, by name.
    pub(super) passwords: BTreeMap<String, String>,
    pub(super) routes: Vec<Known>,
    pub(super) numbers: Vec<Known>,
    /// Those that the file or a campaign of it names.
    pub(super) targets: Vec<Known>,
    /// Every campaign.
    pub(super) campaigns: Vec<Campaign>,
    /// The installation's own.
    pub(super) prompts: Script,
}

/// One thing that is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) body: Value,
}

/// A campaign that is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Campaign {
    pub(super) known: Known,
    pub(super) status: CampaignStatus,
    /// Keys of its own list, in order. Read only for campaigns that are asked for.
    pub(super) targets: Vec<String>,
    pub(super) prompts: Script,
}

/// Versions that can be selected, and those that are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    pub(super) versions: Vec<Version>,
    /// By key and language.
    pub(super) selected: BTreeMap<(String, String), Version>,
}

/// One version.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) language: String,
    pub(super) number: i64,
    pub(super) description: String,
    pub(super) content: Content,
}

/// What a version says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A template, and the voice that speaks it; empty for the campaign's.
    Text { text: String, voice: String },
    /// A recording, by the hash of its bytes.
    Recording(String),
}

/// Whose lists and prompts are read.
pub(super) enum Whole<'a> {
    /// Those that a file names.
    Named(&'a Document),
    /// One campaign's.
    One(&'a str),
    /// Everybody's.
    All,
}

impl Whole<'_> {
    fn campaign(&self, name: &str) -> bool {
        match self {
            Whole::Named(document) => document.campaigns.iter().any(|c| c.item.name == name),
            Whole::One(one) => *one == name,
            Whole::All => true,
        }
    }
}

/// Reads the database. Without keys, passwords of trunks are as unknown as they are without their trunk.
pub(super) async fn load(db: &Db, keys: Option<&Keys>, whole: Whole<'_>) -> store::Result<Current> {
    let mut current = Current::default();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for row in trunks::all(db).await? {
        names.insert(row.id.clone(), row.name.clone());
        if let (Some(keys), Some(sealed)) = (keys, &row.password_enc)
            && let Ok(password) = keys.decrypt(sealed, &password_context(&row.id))
        {
            current.passwords.insert(row.name.clone(), password);
        }
        current
            .trunks
            .push(known(&row.id, &row.name, bodies::of_trunk(&row)));
    }
    let rows = all_campaigns(db).await?;
    names.extend(rows.iter().map(|row| (row.id.clone(), row.name.clone())));
    for row in routes::all(db).await? {
        let body = named(bodies::of_route(&row), &names);
        current.routes.push(known(&row.id, &row.name, body));
    }
    for row in numbers::all(db).await? {
        let body = named(bodies::of_number(&row), &names);
        current.numbers.push(known(&row.id, &row.e164, body));
    }
    for row in rows {
        let body = bodies::of_campaign(&row);
        let is_whole = whole.campaign(&row.name);
        let mut campaign = Campaign {
            known: known(&row.id, &row.name, body),
            status: row.status,
            targets: Vec::new(),
            prompts: Script::default(),
        };
        if is_whole {
            for target in targets::of_campaign(db, &row.id).await? {
                campaign.targets.push(target.key.clone());
                current.add_target(db, target).await?;
            }
            campaign.prompts = script(db, &row.id).await?;
        }
        current.campaigns.push(campaign);
    }
    if let Whole::Named(document) = whole {
        let listed = document.campaigns.iter().flat_map(|c| c.targets.iter().flatten());
        let keys = listed
            .map(|(key, _)| key)
            .chain(document.targets.iter().map(|t| &t.name));
        for key in keys {
            match targets::get_by_key(db, key).await {
                Ok(target) => current.add_target(db, target).await?,
                Err(StoreError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
    }
    current.prompts = script(db, INSTALLATION).await?;
    Ok(current)
}

impl Current {
    async fn add_target(&mut self, db: &Db, target: targets::Target) -> store::Result<()> {
        if self.targets.iter().all(|known| known.id != target.id) {
            let offices = targets::offices(db, &target.id).await?;
            let body = bodies::of_target(&target, offices);
            self.targets.push(known(&target.id, &target.key, body));
        }
        Ok(())
    }

    /// The campaign of a name.
    pub(super) fn campaign(&self, name: &str) -> Option<&Campaign> {
        self.campaigns.iter().find(|campaign| campaign.known.name == name)
    }
}

/// The thing that an item of a file is about.
pub(super) fn of_name<'a>(all: &'a [Known], item: &Item) -> Option<&'a Known> {
    all.iter().find(|known| known.name == item.name)
}

fn known(id: &str, name: &str, body: Value) -> Known {
    Known {
        id: id.to_owned(),
        name: name.to_owned(),
        body,
    }
}

async fn all_campaigns(db: &Db) -> store::Result<Vec<campaigns::Campaign>> {
    let mut all = Vec::new();
    let mut page = Page::default();
    loop {
        let rows = campaigns::list(db, None, &Reach::Everything, &page).await?;
        all.extend(rows.items);
        match rows.next {
            None => return Ok(all),
            next => page.after = next,
        }
    }
}

async fn script(db: &Db, campaign_id: &str) -> store::Result<Script> {
    let mut script = Script::default();
    let shown = prompts::Filter {
        campaign_id: Some(campaign_id),
        hidden: Some(false),
        ..prompts::Filter::default()
    };
    let mut page = Page::default();
    loop {
        let rows = prompts::list(db, shown, &Reach::Everything, &page).await?;
        script.versions.extend(rows.items.into_iter().filter_map(version));
        match rows.next {
            None => break,
            next => page.after = next,
        }
    }
    for (selection, prompt) in prompts::selected(db, campaign_id).await? {
        if selection.campaign_id == campaign_id
            && let Some(version) = version(prompt)
        {
            script
                .selected
                .insert((selection.key, selection.language), version);
        }
    }
    Ok(script)
}

/// A version that says nothing at all is none that a file could name.
fn version(row: prompts::Prompt) -> Option<Version> {
    let content = match (row.audio_hash, row.text) {
        (Some(hash), _) => Content::Recording(hash),
        (None, Some(text)) => Content::Text {
            text,
            voice: row.voice,
        },
        (None, None) => return None,
    };
    Some(Version {
        id: row.id,
        key: row.key,
        language: row.language,
        number: row.version,
        description: row.description,
        content,
    })
}

/// Puts names where ids stand: `trunk_id`, `campaign_id`, and those within `trunks`.
fn named(body: Value, names: &BTreeMap<String, String>) -> Value {
    replaced(body, &|id| names.get(id).cloned())
}

/// Puts other words where `trunk_id` and `campaign_id` stand; a word that none is known for stays.
pub(super) fn replaced(body: Value, word: &dyn Fn(&str) -> Option<String>) -> Value {
    let Value::Object(fields) = body else {
        return body;
    };
    let swap = |value: Value| match value {
        Value::String(text) => Value::String(word(&text).unwrap_or(text)),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other
        }
    };
    let fields = fields.into_iter().map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("trunk_id" | "campaign_id", value) => swap(value),
            ("trunks", Value::Array(items)) => items.into_iter().map(|item| replaced(item, word)).collect(),
            (_, value) => value,
        };
        (name, value)
    });
    Value::Object(fields.collect())
}

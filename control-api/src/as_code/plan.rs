//! From what is and what is wanted to an ordered list of changes. Pure: nothing is asked and nothing is written here.
//!
//! ```text
//!  pause, archive ─► trunks ─► campaigns ─► targets, lists ─► prompts ─► numbers ─► routes ─► prune ─► launch
//! ```
//! So what stops in between leaves nobody called with half of it: what is to stop stops first, and what is to go live does so last.

use serde_json::Value;

use super::current::{Content, Current, Known, Script, of_name};
use super::document::{Document, Item, Prune};
use super::fault::{Fault, Faults};
use super::wanted::{Said, Wanted};
use crate::store::campaigns::CampaignStatus;

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// In this order.
    pub(super) changes: Vec<Change>,
    /// Things of the file that are as it says.
    pub(super) same: usize,
}

/// Kinds of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Noun {
    Trunk,
    Route,
    Number,
    Target,
    Campaign,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Something new. The password is a trunk's.
    Create {
        noun: Noun,
        name: String,
        body: Value,
        password: Option<String>,
    },
    /// Something that is there.
    Alter {
        noun: Noun,
        id: String,
        name: String,
        fields: Vec<Field>,
        body: Value,
        password: Option<String>,
    },
    /// Something that goes.
    Delete { noun: Noun, id: String, name: String },
    /// A campaign's own list.
    Targets {
        campaign: String,
        keys: Vec<String>,
        before: Vec<String>,
    },
    /// A new version; it is selected. No campaign is the installation.
    AddVersion {
        campaign: Option<String>,
        said: Said,
        replaces: Option<i64>,
    },
    /// A version that is there is selected.
    Select {
        campaign: Option<String>,
        key: String,
        language: String,
        id: String,
        number: i64,
        before: Option<i64>,
    },
    /// Launch, pause or archive.
    Status {
        campaign: String,
        from: CampaignStatus,
        to: CampaignStatus,
    },
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) from: Value,
    pub(super) to: Value,
}

/// What must be done so that the database is as the file says.
pub(super) fn plan(file: &str, current: &Current, wanted: &Wanted) -> Result<Plan, Faults> {
    let faults = dangling(file, current, &wanted.document);
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let document = &wanted.document;
    let mut plan = Plan::default();
    plan.statuses(current, document, false);
    for trunk in &document.trunks {
        let password = wanted.passwords.get(&trunk.item.name).cloned();
        let known = current.passwords.get(&trunk.item.name);
        let password = password.filter(|password| known != Some(password));
        plan.thing(Noun::Trunk, &current.trunks, &trunk.item, password);
    }
    let campaigns: Vec<Known> = current.campaigns.iter().map(|c| c.known.clone()).collect();
    for campaign in &document.campaigns {
        plan.thing(Noun::Campaign, &campaigns, &campaign.item, None);
    }
    for target in &document.targets {
        plan.thing(Noun::Target, &current.targets, target, None);
    }
    plan.lists(current, document);
    plan.prompts(None, &current.prompts, &wanted.prompts);
    for (campaign, said) in &wanted.campaign_prompts {
        let empty = Script::default();
        let script = current.campaign(campaign).map_or(&empty, |c| &c.prompts);
        plan.prompts(Some(campaign), script, said);
    }
    for number in &document.numbers {
        plan.thing(Noun::Number, &current.numbers, number, None);
    }
    for route in &document.routes {
        plan.thing(Noun::Route, &current.routes, route, None);
    }
    plan.prune(current, document);
    plan.statuses(current, document, true);
    Ok(plan)
}

impl Plan {
    fn thing(&mut self, noun: Noun, all: &[Known], item: &Item, password: Option<String>) {
        let Some(known) = of_name(all, item) else {
            self.changes.push(Change::Create {
                noun,
                name: item.name.clone(),
                body: item.body.clone(),
                password,
            });
            return;
        };
        let fields = difference(&known.body, &item.body);
        if fields.is_empty() && password.is_none() {
            self.same += 1;
            return;
        }
        self.changes.push(Change::Alter {
            noun,
            id: known.id.clone(),
            name: item.name.clone(),
            fields,
            body: item.body.clone(),
            password,
        });
    }

    fn lists(&mut self, current: &Current, document: &Document) {
        for campaign in &document.campaigns {
            let Some(targets) = &campaign.targets else {
                continue;
            };
            let keys: Vec<String> = targets.iter().map(|(key, _)| key.clone()).collect();
            let before = current.campaign(&campaign.item.name).map(|c| c.targets.clone());
            let before = before.unwrap_or_default();
            if keys != before {
                self.changes.push(Change::Targets {
                    campaign: campaign.item.name.clone(),
                    keys,
                    before,
                });
            }
        }
    }

    fn prompts(&mut self, campaign: Option<&str>, script: &Script, wanted: &[Said]) {
        let campaign = campaign.map(str::to_owned);
        for said in wanted {
            let place = (said.key.clone(), said.language.clone());
            let selected = script.selected.get(&place);
            let content = said.content();
            if selected.is_some_and(|version| version.content == content) {
                self.same += 1;
                continue;
            }
            let before = selected.map(|version| version.number);
            let same = |v: &&super::current::Version| {
                (&v.key, &v.language) == (&said.key, &said.language) && v.content == content
            };
            let change = match script.versions.iter().rev().find(same) {
                Some(version) => Change::Select {
                    campaign: campaign.clone(),
                    key: said.key.clone(),
                    language: said.language.clone(),
                    id: version.id.clone(),
                    number: version.number,
                    before,
                },
                None => Change::AddVersion {
                    campaign: campaign.clone(),
                    said: said.clone(),
                    replaces: before,
                },
            };
            self.changes.push(change);
        }
    }

    /// Pauses and archives, or launches.
    fn statuses(&mut self, current: &Current, document: &Document, launches: bool) {
        for campaign in &document.campaigns {
            let before = current.campaign(&campaign.item.name).map(|c| c.status);
            let from = before.unwrap_or(CampaignStatus::Paused);
            let Some(to) = campaign.status.filter(|to| *to != from) else {
                continue;
            };
            // A campaign that is not there yet has nothing to stop.
            let last = to == CampaignStatus::Live || before.is_none();
            if last == launches {
                self.changes.push(Change::Status {
                    campaign: campaign.item.name.clone(),
                    from,
                    to,
                });
            }
        }
    }

    fn prune(&mut self, current: &Current, document: &Document) {
        let mut gone = |prune: Prune, noun: Noun, all: &[Known], kept: &dyn Fn(&str) -> bool| {
            if !document.prune.contains(&prune) {
                return;
            }
            for known in all.iter().filter(|known| !kept(&known.name)) {
                self.changes.push(Change::Delete {
                    noun,
                    id: known.id.clone(),
                    name: known.name.clone(),
                });
            }
        };
        gone(Prune::Routes, Noun::Route, &current.routes, &|name| {
            document.routes.iter().any(|item| item.name == name)
        });
        gone(Prune::Numbers, Noun::Number, &current.numbers, &|name| {
            document.numbers.iter().any(|item| item.name == name)
        });
        gone(Prune::Trunks, Noun::Trunk, &current.trunks, &|name| {
            document.trunks.iter().any(|trunk| trunk.item.name == name)
        });
    }
}

/// Names that neither the file nor the database has, and what cannot be done with those that are there.
fn dangling(file: &str, current: &Current, document: &Document) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut wrong = |line: usize, what: String| {
        faults.push(Fault {
            file: file.to_owned(),
            line: Some(line),
            what,
        });
    };
    let trunk = |name: &str| {
        document.trunks.iter().any(|t| t.item.name == name) || current.trunks.iter().any(|t| t.name == name)
    };
    let campaign = |name: &str| {
        document.campaigns.iter().any(|c| c.item.name == name) || current.campaign(name).is_some()
    };
    let things = document.routes.iter().map(|item| ("route", item));
    for (noun, item) in things.chain(document.numbers.iter().map(|item| ("number", item))) {
        for name in words(&item.body, "trunk_id")
            .into_iter()
            .filter(|name| !trunk(name))
        {
            wrong(
                item.line,
                format!(
                    "{noun} {:?}: trunk {name:?} is neither in this file nor in the database: describe it, or name another",
                    item.name
                ),
            );
        }
        for name in words(&item.body, "campaign_id")
            .into_iter()
            .filter(|name| !campaign(name))
        {
            wrong(
                item.line,
                format!(
                    "{noun} {:?}: campaign {name:?} is neither in this file nor in the database: describe it, or name another",
                    item.name
                ),
            );
        }
    }
    for wanted in &document.campaigns {
        let name = &wanted.item.name;
        for (key, line) in wanted.targets.iter().flatten() {
            let there = document.targets.iter().any(|t| t.name == *key)
                || current.targets.iter().any(|t| t.name == *key);
            if !there {
                wrong(
                    *line,
                    format!(
                        "campaign {name:?}: target {key:?} is neither in this file nor in the database: describe it, or import it"
                    ),
                );
            }
        }
        let archived = current
            .campaign(name)
            .is_some_and(|c| c.status == CampaignStatus::Archived);
        if archived && wanted.status.is_some_and(|to| to != CampaignStatus::Archived) {
            wrong(
                wanted.item.line,
                format!("campaign {name:?}: it is archived, and stays so: give the campaign another name"),
            );
        }
    }
    faults
}

/// Every text under a name, however deep.
fn words<'a>(body: &'a Value, name: &str) -> Vec<&'a str> {
    match body {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(field, value)| match value.as_str().filter(|_| field == name) {
                Some(text) => vec![text],
                None => words(value, name),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| words(item, name)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Fields that differ; of objects the fields within. Null and nothing are the same.
pub(super) fn difference(from: &Value, to: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    compare("", from, to, &mut fields);
    fields
}

fn compare(at: &str, from: &Value, to: &Value, fields: &mut Vec<Field>) {
    if let (Value::Object(old), Value::Object(new)) = (from, to) {
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let under = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            let (old, new) = (old.get(name), new.get(name));
            compare(
                &under,
                old.unwrap_or(&Value::Null),
                new.unwrap_or(&Value::Null),
                fields,
            );
        }
    } else if bare(from) != bare(to) {
        fields.push(Field {
            name: at.replace("trunk_id", "trunk").replace("campaign_id", "campaign"),
            from: from.clone(),
            to: to.clone(),
        });
    }
}

/// Without the fields of objects that are null: TOML has no null.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let told = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(told.map(|(name, value)| (name.clone(), bare(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(bare).collect()),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain.clone(),
    }
}

impl Said {
    fn content(&self) -> Content {
        self.content.clone()
    }
}

//! A plan made so, change by change, through the API's own routes: the same checks, the same audit. What was done before a change was
//! refused stays; the file can be applied again.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use trunkline_prompts::decode::MAX_BYTES as MAX_RECORDING;

use super::Compared;
use super::current::{Content, replaced};
use super::plan::{Change, Noun};
use super::wanted::{Said, whole};
use crate::http::local::{Field, Local, Refused};
use crate::runtime::App;
use crate::store::campaigns::CampaignStatus;

/// The name that the audit has.
const COMMAND: &str = "trunkline apply";

/// A change that was refused, and how far it came.
#[derive(Debug, thiserror::Error)]
#[error("{change}: {why}; {done} of {all} changes are made and stay: mend it and apply again")]
pub(crate) struct Stopped {
    change: String,
    why: String,
    done: usize,
    all: usize,
}

/// Makes every change in order; answers how many there were.
pub(crate) async fn carry_out(app: &App, compared: &Compared) -> Result<usize, Stopped> {
    let changes = &compared.plan.changes;
    let mut hand = Hand::new(app, compared);
    for (done, change) in changes.iter().enumerate() {
        hand.make(change).await.map_err(|refused| Stopped {
            change: change.title(),
            why: refused.detail,
            done,
            all: changes.len(),
        })?;
    }
    Ok(changes.len())
}

/// What makes changes: the routes, and the ids of what has names.
struct Hand {
    local: Local,
    ids: BTreeMap<(Noun, String), String>,
}

impl Hand {
    fn new(app: &App, compared: &Compared) -> Hand {
        let current = &compared.current;
        let of = |noun: Noun, known: &super::current::Known| ((noun, known.name.clone()), known.id.clone());
        let trunks = current.trunks.iter().map(|known| of(Noun::Trunk, known));
        let campaigns = current.campaigns.iter().map(|c| of(Noun::Campaign, &c.known));
        Hand {
            local: Local::new(app.clone(), COMMAND),
            ids: trunks.chain(campaigns).collect(),
        }
    }

    async fn make(&mut self, change: &Change) -> Result<(), Refused> {
        match change {
            Change::Create {
                noun,
                name,
                body,
                password,
            } => {
                let body = self.body(body, password.as_deref());
                let made = self.local.send(Method::POST, noun.path(), body).await?;
                if let Some(id) = made.get("id").and_then(Value::as_str) {
                    self.ids.insert((*noun, name.clone()), id.to_owned());
                }
            }
            Change::Alter {
                noun,
                id,
                body,
                password,
                ..
            } => {
                let body = self.body(body, password.as_deref());
                self.local
                    .send(Method::PUT, &format!("{}/{id}", noun.path()), body)
                    .await?;
            }
            Change::Delete { noun, id, .. } => {
                let path = format!("{}/{id}", noun.path());
                self.local.send(Method::DELETE, &path, Value::Null).await?;
            }
            Change::Targets { campaign, keys, .. } => {
                let path = format!("/v1/campaigns/{}/targets", self.campaign(campaign)?);
                self.local
                    .send(Method::PUT, &path, json!({ "target_ids": keys }))
                    .await?;
            }
            Change::AddVersion { campaign, said, .. } => self.add_version(campaign.as_deref(), said).await?,
            Change::Select {
                campaign,
                language,
                id,
                ..
            } => {
                let mut body = json!({ "language": language });
                if let Some(campaign) = campaign {
                    body["campaign_id"] = self.campaign(campaign)?.into();
                }
                self.local
                    .send(Method::POST, &format!("/v1/prompts/{id}/select"), body)
                    .await?;
            }
            Change::Status { campaign, to, .. } => {
                let verb = match to {
                    CampaignStatus::Live => "launch",
                    CampaignStatus::Paused => "pause",
                    CampaignStatus::Archived => "archive",
                };
                let path = format!("/v1/campaigns/{}/{verb}", self.campaign(campaign)?);
                self.local.send(Method::POST, &path, Value::Null).await?;
            }
        }
        Ok(())
    }

    fn campaign(&self, name: &str) -> Result<&str, Refused> {
        let id = self.ids.get(&(Noun::Campaign, name.to_owned()));
        id.map(String::as_str)
            .ok_or_else(|| Refused::inside(format!("campaign {name:?} is not there")))
    }

    /// With ids where names stand.
    fn body(&self, body: &Value, password: Option<&str>) -> Value {
        let Value::Object(fields) = body else {
            return body.clone();
        };
        let by = |noun: Noun| move |name: &str| self.ids.get(&(noun, name.to_owned())).cloned();
        let (mut of_campaign, mut rest) = (serde_json::Map::new(), fields.clone());
        // A trunk and a campaign may have the same name.
        if let Some(campaign) = rest.remove("campaign_id") {
            of_campaign.insert("campaign_id".to_owned(), campaign);
        }
        let mut body = replaced(Value::Object(rest), &by(Noun::Trunk));
        let campaign = replaced(Value::Object(of_campaign), &by(Noun::Campaign));
        if let (Value::Object(body), Value::Object(campaign)) = (&mut body, campaign) {
            body.extend(campaign);
            if let Some(password) = password {
                body.insert("password".to_owned(), password.into());
            }
        }
        body
    }

    async fn add_version(&self, campaign: Option<&str>, said: &Said) -> Result<(), Refused> {
        let campaign = match campaign {
            Some(name) => self.campaign(name)?,
            None => "",
        };
        let mut fields = vec![
            Field {
                name: "key",
                value: said.key.as_bytes(),
            },
            Field {
                name: "language",
                value: said.language.as_bytes(),
            },
            Field {
                name: "campaign_id",
                value: campaign.as_bytes(),
            },
            Field {
                name: "description",
                value: said.description.as_bytes(),
            },
        ];
        let recording = match &said.path {
            Some(path) => {
                let most = u64::try_from(MAX_RECORDING).unwrap_or(u64::MAX);
                whole(path, most).map_err(|why| Refused::inside(format!("{}: {why}", path.display())))?
            }
            None => Vec::new(),
        };
        let value: &[u8] = match &said.content {
            Content::Text { text, .. } => text.as_bytes(),
            Content::Recording(_) => &recording,
        };
        let name = match &said.content {
            Content::Text { .. } => "text",
            Content::Recording(_) => "file",
        };
        fields.push(Field { name, value });
        if let Content::Text { voice, .. } = &said.content {
            fields.push(Field {
                name: "voice",
                value: voice.as_bytes(),
            });
        }
        self.local.form("/v1/prompts", &fields).await?;
        Ok(())
    }
}

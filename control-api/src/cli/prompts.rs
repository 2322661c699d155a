//! `trunkline prompts`: the script from the command line, through the API's own routes.

mod add;
mod check;
mod list;
mod say;

use clap::Subcommand;
use serde_json::Value;
use trunkline_prompts::key::PromptKey;

use super::Configured;
use crate::http::local::Local;
use crate::runtime::App;
use crate::store::campaigns::{self, Campaign};
use crate::store::{Db, StoreError};

#[derive(Debug, Subcommand)]
pub(super) enum Prompts {
    /// What plays for every key, and why
    List(list::List),
    /// Add a recording or a text as a new version, which plays from the next session on
    Add(add::Add),
    /// Speak a text into a WAV file, as callers would hear it
    Say(say::Say),
    /// Find missing keys, languages, variables and recordings, and prompts that are too long; changes nothing
    Check(check::Check),
}

impl Prompts {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Prompts::List(list) => list.run().await,
            Prompts::Add(add) => add.run().await,
            Prompts::Say(say) => say.run().await,
            Prompts::Check(check) => check.run().await,
        }
    }
}

/// The program without a gateway.
async fn open(configured: &Configured) -> anyhow::Result<App> {
    App::open(configured.load()?, std::sync::Arc::new(crate::runtime::NoGateway)).await
}

/// Its routes; `command` is the name that the audit has.
fn routes(app: &App, command: &str) -> Local {
    Local::new(app.clone(), &format!("trunkline prompts {command}"))
}

/// The campaign of this name or id.
pub(super) async fn campaign(db: &Db, name: &str) -> anyhow::Result<Campaign> {
    campaigns::find(db, name).await.map_err(|error| match error {
        StoreError::NotFound => anyhow::anyhow!(
            "no campaign has the name or id {name:?}: GET /v1/campaigns lists those there are"
        ),
        error @ (StoreError::Conflict { .. }
        | StoreError::Reference
        | StoreError::Busy(_)
        | StoreError::Broken(_)) => error.into(),
    })
}

fn key(text: &str) -> Result<PromptKey, String> {
    let names: Vec<&str> = PromptKey::ALL.iter().map(|key| key.as_str()).collect();
    PromptKey::parse(text).map_err(|_| format!("the keys are {}", names.join(", ")))
}

/// A field of an answer, as text.
fn said<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// What a version is: `version 3, a recording of 12.4 s`.
fn version(prompt: &Value) -> String {
    let number = &prompt["version"];
    match prompt["duration_ms"].as_f64() {
        Some(ms) => format!("version {number}, a recording of {:.1} s", ms / 1_000.0),
        None => format!("version {number}, a text"),
    }
}

//! `trunkline prompts add`: a recording or a text as a new version, with what was found in it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;
use trunkline_prompts::decode::MAX_BYTES;
use trunkline_prompts::key::PromptKey;

use super::super::{Configured, output};
use super::{campaign, key, open, routes, said, version};
use crate::http::local::Field;
use crate::runtime::App;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  trunkline prompts add intro.mp3 --key msg_intro --campaign \"save the library\"\n  \
                  trunkline prompts add --text \"Now calling {{title}} {{name}}.\" --key msg_target_intro\n\n\
                  Without --campaign it is for every campaign that selects none itself. Sessions that run keep what they\n\
                  began with."
)]
pub(in crate::cli) struct Add {
    /// A recording: WAV, MP3, FLAC, OGG, M4A or WebM; 32 MiB and 10 minutes at most
    #[arg(
        value_name = "FILE",
        required_unless_present = "text",
        conflicts_with = "text"
    )]
    file: Option<PathBuf>,
    /// A text that is spoken, with {{variables}}
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// What it is: msg_intro, msg_intro_confirm, …
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: PromptKey,
    /// Its language [default: the campaign's, or en]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// The campaign whose version it is, by name or id
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// For people
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    #[command(flatten)]
    configured: Configured,
}

impl Add {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let recording = self.file.as_deref().map(read).transpose()?;
        let app = open(&self.configured).await?;
        let added = self.add(&app, recording).await;
        app.db().close().await;
        output::line(&added?)
    }

    /// Answers what is printed.
    async fn add(&self, app: &App, recording: Option<Vec<u8>>) -> anyhow::Result<String> {
        let campaign = match &self.campaign {
            Some(name) => Some(campaign(app.db(), name).await?),
            None => None,
        };
        let spoken = campaign.as_ref().map_or("en", |campaign| &campaign.language);
        let id = campaign.as_ref().map_or("", |campaign| &campaign.id);
        let mut fields = vec![
            ("key", self.key.as_str().as_bytes()),
            ("language", self.language.as_deref().unwrap_or(spoken).as_bytes()),
            ("campaign_id", id.as_bytes()),
            ("description", self.description.as_bytes()),
        ];
        fields.extend(recording.as_deref().map(|bytes| ("file", bytes)));
        fields.extend(self.text.as_deref().map(|text| ("text", text.as_bytes())));
        let fields: Vec<Field<'_>> = fields
            .into_iter()
            .map(|(name, value)| Field { name, value })
            .collect();
        let made = routes(app, "add").form("/v1/prompts", &fields).await?;
        Ok(told(&made))
    }
}

fn told(made: &Value) -> String {
    format!(
        "{} {}: {}; it plays from the next session on ({})",
        said(made, "key"),
        said(made, "language"),
        version(made),
        said(made, "id")
    )
}

/// The whole file, if it is one that could be uploaded.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("{} cannot be read", path.display());
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(cannot)?;
    file.take(most + 1).read_to_end(&mut bytes).with_context(cannot)?;
    anyhow::ensure!(
        bytes.len() <= MAX_BYTES,
        "{} is larger than 32 MiB: save it as MP3, or at a lower rate",
        path.display()
    );
    Ok(bytes)
}

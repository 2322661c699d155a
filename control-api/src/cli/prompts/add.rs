//! `trunkline prompts add`: a recording or a text as a new version, with what was found in it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;
use trunkline_prompts::decode::MAX_BYTES;
use trunkline_prompts::words::Word;

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
    /// What it is: msg_intro, msg_intro_confirm, …; word_0 to word_100 for recorded numbers
    #[arg(long, value_name = "KEY", value_parser = any_key)]
    key: String,
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
            ("key", self.key.as_bytes()),
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

/// The version, and what the lab found in a recording: its verdict and, line by line, what to do.
fn told(made: &Value) -> String {
    let mut lines = vec![format!(
        "{} {}: {}; it plays from the next session on ({})",
        said(made, "key"),
        said(made, "language"),
        version(made),
        said(made, "id")
    )];
    let report = &made["recording"];
    if let Some(verdict) = report["verdict"].as_str() {
        lines.push(format!("the recording is {verdict}"));
    }
    let findings = report["findings"].as_array().into_iter().flatten();
    lines.extend(findings.map(|finding| said(finding, "text").to_owned()));
    lines.join("\n")
}

/// A prompt's, or that of a number's recording.
fn any_key(text: &str) -> Result<String, String> {
    if Word::parse(text).is_some() {
        return Ok(text.to_owned());
    }
    key(text).map(|key| key.as_str().to_owned())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_found_in_a_recording_stands_below_its_version() {
        let mut made =
            json!({"id": "1", "key": "msg_intro", "language": "en", "version": 2, "duration_ms": 2_500});
        let version = "msg_intro en: version 2, a recording of 2.5 s; it plays from the next session on (1)";
        assert_eq!(told(&made), version);
        made["recording"] = json!({"verdict": "good", "findings": []});
        assert_eq!(told(&made), format!("{version}\nthe recording is good"));
        made["recording"] =
            json!({"verdict": "poor", "findings": [{"text": "it hums"}, {"text": "it clips"}]});
        assert_eq!(
            told(&made),
            format!("{version}\nthe recording is poor\nit hums\nit clips")
        );
    }

    #[test]
    fn numbers_are_recorded_under_keys_of_their_own() {
        for good in ["msg_intro", "word_0", "word_100"] {
            assert_eq!(any_key(good).as_deref(), Ok(good));
        }
        for bad in ["", "word_101", "word_", "msg_hello"] {
            assert!(any_key(bad).is_err(), "{bad}");
        }
    }
}

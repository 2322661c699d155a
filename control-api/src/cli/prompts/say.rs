//! `trunkline prompts say`: a text as callers would hear it, into a WAV file.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Map, Value, json};
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::pcm::{RATE, wav};
use trunkline_prompts::template;

use super::super::{Configured, output};
use super::{key, open};
use crate::runtime::App;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  trunkline prompts say \"Hello, and welcome.\" --out hello.wav\n  \
                  trunkline prompts say \"Now calling {{title}} {{name}}.\" --key msg_target_intro \\\n    \
                  --set title=Senator --set name=\"Ada Lovelace\" | aplay"
)]
pub(in crate::cli) struct Say {
    /// What is said
    #[arg(value_name = "TEXT")]
    text: String,
    /// Take the text as a template of this key: its variables are checked and filled
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<PromptKey>,
    /// A variable of the template; can be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "key")]
    set: Vec<(String, String)>,
    /// Its language
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Its voice, as the engine names it [default: the engine's own for the language]
    #[arg(long, value_name = "VOICE", default_value = "", hide_default_value = true)]
    voice: String,
    /// Write here instead of to stdout
    #[arg(long, value_name = "FILE.wav")]
    out: Option<PathBuf>,
    #[command(flatten)]
    configured: Configured,
}

impl Say {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.out.is_some() || !std::io::stdout().is_terminal(),
            "sound is nothing for a terminal: give a file with --out, or pipe it into a player (| aplay)"
        );
        let text = self.filled()?;
        let app = open(&self.configured).await?;
        let spoken = self.say(&app, text).await;
        app.db().close().await;
        let spoken = spoken?;
        match &self.out {
            None => Ok(std::io::stdout().lock().write_all(&spoken)?),
            Some(path) => {
                std::fs::write(path, &spoken)
                    .with_context(|| format!("{} cannot be written", path.display()))?;
                output::line(&path.display().to_string())
            }
        }
    }

    /// The text with its variables put in.
    fn filled(&self) -> anyhow::Result<String> {
        let Some(key) = self.key else {
            return Ok(self.text.clone());
        };
        template::check(key, &self.text)?;
        let values: Map<String, Value> = self
            .set
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        Ok(template::render_spoken(
            &self.text,
            &Value::Object(values),
            &self.language,
        )?)
    }

    async fn say(&self, app: &App, text: String) -> anyhow::Result<Vec<u8>> {
        let pcm = app
            .script()
            .say(text, self.language.clone(), self.voice.clone())
            .await?;
        Ok(wav(&pcm.samples, RATE))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, like name=Ada")?;
    Ok((name.to_owned(), value.to_owned()))
}

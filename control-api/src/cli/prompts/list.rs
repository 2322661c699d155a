//! `trunkline prompts list`: what plays for every key, and why.

use axum::http::Method;
use serde_json::Value;
use trunkline_prompts::key::PromptKey;

use super::super::{Configured, output};
use super::{campaign, key, open, routes, said, version};
use crate::runtime::App;

/// Characters of a text that a line shows.
const SHOWN: usize = 60;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  trunkline prompts list --campaign \"save the library\"\n  \
                  trunkline prompts list --language es --key msg_intro --json\n\n\
                  Without --campaign: what a campaign hears that selects nothing itself."
)]
pub(in crate::cli) struct List {
    /// The campaign, by name or id
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// The language to ask for [default: en; a campaign's is its own]
    #[arg(long, value_name = "TAG", conflicts_with = "campaign")]
    language: Option<String>,
    /// Only this key
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<PromptKey>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let app = open(&self.configured).await?;
        let listed = self.list(&app).await;
        app.db().close().await;
        output::write(&listed?)
    }

    /// What is printed.
    async fn list(&self, app: &App) -> anyhow::Result<String> {
        let path = match (&self.campaign, &self.language) {
            (Some(name), _) => format!("/v1/campaigns/{}/prompts", campaign(app.db(), name).await?.id),
            (None, Some(language)) => {
                let language: String = url::form_urlencoded::byte_serialize(language.as_bytes()).collect();
                format!("/v1/prompts/playing?language={language}")
            }
            (None, None) => "/v1/prompts/playing".to_owned(),
        };
        let answer = routes(app, "list").send(Method::GET, &path, Value::Null).await?;
        let wanted = |item: &&Value| self.key.is_none_or(|key| said(item, "key") == key.as_str());
        let items: Vec<&Value> = answer["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(wanted)
            .collect();
        if self.json {
            return Ok(serde_json::to_string_pretty(&items)? + "\n");
        }
        Ok(items.into_iter().map(line).collect())
    }
}

/// ```text
/// msg_intro              version 3, a recording of 12.4 s: the campaign's choice for en
/// msg_goodbye            "It seems that …": our own text in en
/// msg_location           "Please enter …": our own text in en; never plays: callers are not asked to key a location
/// ```
fn line(item: &Value) -> String {
    let prompt = &item["prompt"];
    let what = match (said(prompt, "description"), said(item, "text")) {
        (_, text) if prompt.is_null() => shortened(text),
        ("", "") => version(prompt),
        ("", text) => format!("{} {}", version(prompt), shortened(text)),
        (description, _) => format!("{} {description:?}", version(prompt)),
    };
    let never = match item["never_plays"].as_str() {
        Some(why) => format!("; never plays: {why}"),
        None => String::new(),
    };
    format!("{:<22} {what}: {}{never}\n", said(item, "key"), said(item, "why"))
}

fn shortened(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        start.push('…');
    }
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_plays_and_why() {
        let check = |item: Value, expect: &str| assert_eq!(line(&item), format!("{expect}\n"));
        check(
            json!({"key": "msg_intro", "why": "the campaign's choice for en", "text": null, "never_plays": null,
                   "prompt": {"version": 3, "duration_ms": 12_400, "description": "spring"}}),
            "msg_intro              version 3, a recording of 12.4 s \"spring\": the campaign's choice for en",
        );
        check(
            json!({"key": "msg_goodbye", "why": "the installation's choice for en", "text": "Bye.",
                   "prompt": {"version": 1, "duration_ms": null, "description": ""}}),
            "msg_goodbye            version 1, a text \"Bye.\": the installation's choice for en",
        );
        check(
            json!({"key": "msg_location", "why": "our own text in en", "text": "x".repeat(61), "prompt": null,
                   "never_plays": "nobody is asked"}),
            &format!(
                "msg_location           \"{}…\": our own text in en; never plays: nobody is asked",
                "x".repeat(60)
            ),
        );
    }
}

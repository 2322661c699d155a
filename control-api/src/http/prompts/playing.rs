//! GET /v1/prompts/playing, and what `GET /v1/campaigns/{id}/prompts` answers as well: what plays for every key, and why.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use trunkline_prompts::key::PromptKey;
use utoipa::{IntoParams, ToSchema};

use super::super::campaigns::is_language;
use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::problem::Problem;
use super::super::valid;
use super::Prompt;
use crate::campaign::{By, Chosen, playing};
use crate::runtime::App;
use crate::store::prompts::{self, INSTALLATION, Selection};

/// Spoken where nothing else is asked for.
const LANGUAGE: &str = "en";

/// What plays now, for every key.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlayingNow {
    /// The language that was asked for: the campaign's own.
    language: String,
    /// One for each key, in the order of a call.
    items: Vec<Plays>,
}

/// What plays for one key, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct Plays {
    #[schema(example = "msg_intro")]
    key: &'static str,
    /// Whose choice it is: `campaign`, `installation`, or `default` where nobody chose and our own text is spoken.
    by: &'static str,
    /// The language that it was chosen for: the one asked for, or the nearest for which there is something.
    language: String,
    /// The same in words, for people.
    #[schema(example = "the installation's choice for es, as there is nothing for es-MX")]
    why: String,
    /// The version; null for our own text.
    prompt: Option<Prompt>,
    /// The text that is spoken; null for a recording.
    text: Option<String>,
    /// Why no caller of the campaign ever hears it; null when callers may.
    never_plays: Option<String>,
}

/// For whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlayingParams {
    /// BCP 47 tag.
    #[param(default = "en")]
    language: Option<String>,
}

/// What a campaign hears that selects nothing itself: for every key the installation's version or our own text, and why.
#[utoipa::path(
    get,
    path = "/v1/prompts/playing",
    tag = "prompts",
    params(PlayingParams),
    responses((status = 200, description = "What plays.", body = PlayingNow), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn playing_prompts(
    _: Auth<{ READ | CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Params(params): Params<PlayingParams>,
) -> Result<Json<PlayingNow>, Problem> {
    let language = params.language.unwrap_or_else(|| LANGUAGE.to_owned());
    if !is_language(&language) {
        return Err(Problem::parameter("language", valid::LANGUAGE));
    }
    let selected = prompts::selected(app.db(), INSTALLATION).await?;
    Ok(Json(PlayingNow::of(&selected, INSTALLATION, &language, |_| None)))
}

impl PlayingNow {
    /// `never` says of a key why no caller hears it.
    pub(crate) fn of(
        selected: &[(Selection, prompts::Prompt)],
        campaign: &str,
        language: &str,
        never: impl Fn(PromptKey) -> Option<&'static str>,
    ) -> PlayingNow {
        let one = |key: PromptKey| {
            let now = playing(selected, campaign, language, key);
            let (prompt, text) = match now.chosen {
                Chosen::Version(version) => (Some(Prompt::from(version.clone())), version.text.clone()),
                Chosen::Default(text, _) => (None, Some(text.to_owned())),
            };
            Plays {
                key: key.as_str(),
                by: word(now.by),
                language: now.language.to_owned(),
                why: why(now.by, now.language, language),
                prompt,
                text,
                never_plays: never(key).map(str::to_owned),
            }
        };
        PlayingNow {
            language: language.to_owned(),
            items: PromptKey::ALL.into_iter().map(one).collect(),
        }
    }
}

fn word(by: By) -> &'static str {
    match by {
        By::Campaign => "campaign",
        By::Installation => "installation",
        By::Nobody => "default",
    }
}

fn why(by: By, language: &str, wanted: &str) -> String {
    let what = match by {
        By::Campaign => "the campaign's choice for",
        By::Installation => "the installation's choice for",
        By::Nobody => "our own text in",
    };
    if language.eq_ignore_ascii_case(wanted) {
        return format!("{what} {language}");
    }
    format!("{what} {language}, as there is nothing for {wanted}")
}

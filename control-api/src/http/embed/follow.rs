//! GET /call/follow/{token}: how the call stands that a page has asked for, as server-sent events.

use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseResponse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::super::compat::answer::{self, Fault};
use super::super::compat::origins::{Page, judge};
use super::super::extract::Params;
use super::words::{self, Words, word};
use crate::follow::{self, Full, Reader, Standing, Step, Told};
use crate::runtime::App;
use crate::store::campaigns::{self, Embed};
use crate::store::sessions::{self, SessionTarget};

/// Longest token that is looked at.
const MAX_TOKEN_CHARS: usize = 400;
/// When a page may come again that found no room.
const FULL_RETRY_MS: i64 = 5_000;

/// How the call stands, for the person whose call it is. No numbers in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallState {
    /// `queued ringing confirm locate listening calling talking between done`
    #[schema(example = "talking")]
    state: &'static str,
    /// The same in words, with what to press.
    #[schema(example = "You are talking to Senator Ada Lovelace (1 of 2). Press * for the next one.")]
    text: String,
    /// How many wait before this caller, while that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<i64>,
    /// Who is called, or comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<StateTarget>,
    /// Which target this is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// Of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// What to say to this target, where the campaign has words of its own for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    /// Calls that were answered, at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<usize>,
}

/// Whom a state is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct StateTarget {
    title: String,
    name: String,
}

/// In which language.
#[derive(serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowParams {
    /// BCP 47 tag of `text`; the campaign's when left out. We have English, Spanish and French.
    lang: Option<String>,
}

/// How a call stands, as it goes, until it is over: for the page that has asked for it, by the `follow` of /call/create. Good until five
/// minutes after the end. CORS as /call/create.
#[utoipa::path(
    get,
    path = "/call/follow/{token}",
    tag = "compatible",
    params(("token" = String, Path, description = "`follow` of the answer of /call/create."), FollowParams),
    responses(
        (status = 200, description = "A stream of `data`, each a whole state.", body = CallState, content_type = "text/event-stream"),
        (status = 403, description = "The page is not on the campaign's list of origins.", body = Fault),
        (status = 404, description = "No call of ours, or one that is long over.", body = Fault),
        (status = 429, description = "Too many pages follow this call.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    )
)]
pub(crate) async fn follow_call(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Params(params): Params<FollowParams>,
) -> Response {
    match open(&app, &token, &headers, params.lang.as_deref()).await {
        Ok(response) => response,
        Err((fault, origin)) => answer::write(Err(fault), None, origin),
    }
}

/// Why not, and the page that may read that.
type Refused = (Fault, Option<HeaderValue>);

async fn open(app: &App, token: &str, headers: &HeaderMap, lang: Option<&str>) -> Result<Response, Refused> {
    let any = || Some(HeaderValue::from_static("*"));
    let none = || {
        (
            Fault::new(404, "there is no such call, or it is long over"),
            any(),
        )
    };
    if token.len() > MAX_TOKEN_CHARS {
        return Err(none());
    }
    let id = follow::session_of(app.keys(), token).ok_or_else(none)?;
    let session = sessions::get(app.db(), &id)
        .await
        .map_err(|error| (error.into(), any()))?;
    if !follow::is_open(session.ended_at, app.clock().now_ms()) {
        return Err(none());
    }
    let campaign = campaigns::get(app.db(), &session.campaign_id)
        .await
        .map_err(|error| (error.into(), any()))?;
    let public_url = app.config().public_url();
    let origin = match judge(&campaign.settings.origins, &public_url, headers, false) {
        Page::Allowed(origin) => origin,
        Page::Foreign => {
            let fault = Fault::new(403, "this page may not follow calls of this campaign");
            return Err((fault, None));
        }
    };
    let place = app.follows().open(&id).map_err(|full| {
        let (status, what) = match full {
            Full::Session => (429, "too many pages follow this call"),
            Full::All => (503, "too many pages follow calls"),
        };
        (
            Fault::new(status, what).retry_after_ms(FULL_RETRY_MS),
            origin.clone(),
        )
    })?;
    let reader = Reader::new(app.clone(), session)
        .await
        .map_err(|error| (Fault::from(error), origin.clone()))?;
    let (_, language) = words::language(&[lang.unwrap_or_default(), &campaign.language]);
    let embed = campaign.settings.embed;
    let states = stream::unfold((reader, place), move |(mut reader, place)| {
        let embed = embed.clone();
        async move {
            let told = reader.next().await?;
            let state = state(&told, &reader.session().targets, &embed, &language.call);
            let event = Sse::default().data(answer::text(&state));
            Some((Ok::<Sse, Infallible>(event), (reader, place)))
        }
    });
    let mut response = SseResponse::new(states)
        .keep_alive(KeepAlive::default())
        .into_response();
    let out = response.headers_mut();
    answer::allow(out, origin);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn state(told: &Told, targets: &[SessionTarget], embed: &Embed, words: &Words) -> CallState {
    let standing = told.standing;
    let target = standing.target.and_then(|index| targets.get(index));
    let script = target
        .map(|target| embed.script_for(&target.key))
        .unwrap_or_default();
    let is_done = standing.step == Step::Done;
    CallState {
        state: standing.step.word(),
        text: said(told, target, targets.len(), words),
        place: Some(told.place).filter(|&place| place > 0),
        target: target.map(|target| StateTarget {
            title: target.title.clone(),
            name: target.name.clone(),
        }),
        index: target.map(|_| standing.turn),
        count: target.map(|_| targets.len()),
        script: Some(script.to_owned()).filter(|script| !script.is_empty()),
        calls: is_done.then_some(standing.calls),
    }
}

/// The state in words.
fn said(told: &Told, target: Option<&SessionTarget>, count: usize, words: &Words) -> String {
    let Standing {
        step,
        turn,
        calls,
        reached,
        ..
    } = told.standing;
    let key = match step {
        Step::Queued if told.place > 0 => "waiting",
        Step::Done if !reached => "unreached",
        Step::Done if calls == 0 => "none",
        Step::Done if calls == 1 => "one",
        Step::Queued
        | Step::Ringing
        | Step::Confirm
        | Step::Locate
        | Step::Listening
        | Step::Calling
        | Step::Talking
        | Step::Between
        | Step::Done => step.word(),
    };
    let who = target.map_or_else(String::new, |target| format!("{} {}", target.title, target.name));
    let text = word(words, key)
        .replace("{place}", &told.place.to_string())
        .replace("{calls}", &calls.to_string())
        .replace("{i}", &turn.to_string())
        .replace("{n}", &count.to_string())
        // Last: a name is no template.
        .replace("{who}", who.trim());
    match step {
        Step::Talking if turn < count => format!("{text} {}", word(words, "star")),
        Step::Talking => format!("{text} {}", word(words, "last")),
        Step::Queued
        | Step::Ringing
        | Step::Confirm
        | Step::Locate
        | Step::Listening
        | Step::Calling
        | Step::Between
        | Step::Done => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::campaigns::TargetScript;

    fn check(step: Step, (target, turn, calls): (Option<usize>, usize, usize), expected: &str) {
        let named = |key: &str, title: &str, name: &str| SessionTarget {
            key: key.to_owned(),
            title: title.to_owned(),
            name: name.to_owned(),
            pronunciation: String::new(),
            district: String::new(),
            location: String::new(),
            offices: Vec::new(),
        };
        let targets = [named("a", "Senator", "Ada {n}"), named("b", "", "Bo")];
        let embed = Embed {
            target_scripts: vec![TargetScript {
                key: "a".to_owned(),
                text: "Thank her.".to_owned(),
            }],
            ..Embed::default()
        };
        let told = Told {
            standing: Standing {
                step,
                target,
                turn,
                calls,
                reached: turn > 0,
            },
            place: if calls == 9 { 3 } else { 0 },
        };
        let spanish = words::language(&["es"]).1;
        let english = words::language(&["en"]).1;
        let state = state(&told, &targets, &embed, &english.call);
        let script = state.script.unwrap_or_default();
        let (index, count) = (state.index.unwrap_or(0), state.count.unwrap_or(0));
        let line = format!(
            "{} {index}/{count} {:?} {script} | {}",
            state.text, state.calls, state.state
        );
        assert_eq!(line, expected);
        assert_ne!(said(&told, targets.first(), 2, &spanish.call), state.text);
    }

    #[test]
    fn every_state_is_said() {
        check(
            Step::Queued,
            (None, 0, 0),
            "We are about to call you. 0/0 None  | queued",
        );
        check(
            Step::Queued,
            (None, 0, 9),
            "We will call you soon. People before you: 3. 0/0 None  | queued",
        );
        check(
            Step::Ringing,
            (None, 0, 0),
            "Your phone is ringing. Please pick up. 0/0 None  | ringing",
        );
        check(
            Step::Calling,
            (Some(0), 1, 0),
            "We are calling Senator Ada {n} (1 of 2). 1/2 None Thank her. | calling",
        );
        check(
            Step::Talking,
            (Some(0), 1, 0),
            "You are talking to Senator Ada {n} (1 of 2). Press * for the next one. 1/2 None Thank her. | talking",
        );
        check(
            Step::Between,
            (Some(1), 2, 1),
            "Next: Bo (2 of 2). 2/2 None  | between",
        );
        check(
            Step::Talking,
            (Some(1), 2, 1),
            "You are talking to Bo (2 of 2). Press * when you are done. 2/2 None  | talking",
        );
        check(
            Step::Done,
            (None, 2, 2),
            "Thank you! You made 2 calls. 0/0 Some(2)  | done",
        );
        check(
            Step::Done,
            (None, 1, 1),
            "Thank you! You made one call. 0/0 Some(1)  | done",
        );
        check(Step::Done, (None, 1, 0), "The call is over. 0/0 Some(0)  | done");
        check(
            Step::Done,
            (None, 0, 0),
            "We could not reach you. Please check your number and try again. 0/0 Some(0)  | done",
        );
    }
}

//! What somebody confined to some campaigns reaches through a route: part of the route's type, so that none forgets it.

use std::future::Future;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::super::super::problem::{Kind, Problem};
use crate::runtime::App;
use crate::store::grants::{self, Reach, Thing};

/// Where a route stands.
pub(crate) trait Place: Send + Sync + 'static {
    /// Lets somebody with this reach in, or says that there is no such thing.
    fn admit(parts: &mut Parts, app: &App, reach: &Reach)
    -> impl Future<Output = Result<(), Problem>> + Send;
}

/// It concerns the whole installation: closed to those who are confined.
pub(crate) struct Everywhere;

impl Place for Everywhere {
    async fn admit(_: &mut Parts, _: &App, reach: &Reach) -> Result<(), Problem> {
        match reach {
            Reach::Everything => Ok(()),
            Reach::Granted(_) => Err(Problem::new(
                Kind::Forbidden,
                "this concerns the whole installation, and you reach your own campaigns only: ask an admin",
            )),
        }
    }
}

/// The route itself narrows what it answers, and checks what it is sent, by `auth.reach()`.
pub(crate) struct InReach;

impl Place for InReach {
    async fn admit(_: &mut Parts, _: &App, _: &Reach) -> Result<(), Problem> {
        Ok(())
    }
}

/// `{id}` of the path names a thing of this kind, which must belong to a campaign within reach.
macro_rules! things {
    ($($(#[$doc:meta])* $name:ident: $thing:ident = $noun:literal),* $(,)?) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl Place for $name {
                async fn admit(parts: &mut Parts, app: &App, reach: &Reach) -> Result<(), Problem> {
                    covered(parts, app, reach, Thing::$thing, $noun).await
                }
            }
        )*
    };
}

things!(
    /// A campaign.
    OfCampaign: Campaign = "campaign",
    /// A session.
    OfSession: Session = "session",
    /// A call.
    OfCall: Call = "call",
    /// A subscription to daily calls.
    OfSchedule: Schedule = "schedule",
    /// A call detail record.
    OfRecord: Record = "record",
    /// A prompt of a campaign's own.
    OfPrompt: Prompt = "prompt",
    /// A prompt, the installation's too.
    OfAnyPrompt: AnyPrompt = "prompt",
    /// A target that is theirs.
    OfTarget: Target = "target",
    /// A target that they may see.
    OfAnyTarget: AnyTarget = "target",
);

async fn covered(
    parts: &mut Parts,
    app: &App,
    reach: &Reach,
    thing: Thing,
    noun: &str,
) -> Result<(), Problem> {
    if *reach == Reach::Everything {
        return Ok(());
    }
    let params = RawPathParams::from_request_parts(parts, app).await;
    let id = params
        .ok()
        .and_then(|params| {
            params
                .iter()
                .find(|(name, _)| *name == "id")
                .map(|(_, id)| id.to_owned())
        })
        .unwrap_or_default();
    // Another's is not told from none at all.
    match grants::covers(app.db(), reach, thing, &id).await? {
        true => Ok(()),
        false => Err(Problem::not_found(noun, &id)),
    }
}

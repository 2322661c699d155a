//! POST /v1/optouts

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::auth::Identity;
use super::super::extract::{Auth, Body, CALLS, OPS};
use super::super::problem::{Checks, Problem};
use super::super::start::Refusal;
use super::super::valid;
use super::OptOut;
use crate::daily::{OptOutError, opt_out};
use crate::guards::number::normalise;
use crate::runtime::App;

/// Who asked, and through what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptOutInput {
    /// E.164, or as it is written in `country`. Kept as a keyed reference only.
    #[schema(example = "+12025550123")]
    phone: String,
    /// ISO 3166.
    #[serde(default = "us")]
    #[schema(default = "us")]
    country: String,
    /// For the record: `STOP by text message`. Write nothing personal into it.
    #[serde(default)]
    how: String,
}

fn us() -> String {
    "us".to_owned()
}

/// An opt-out, and what it ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct OptedOut {
    #[serde(flatten)]
    optout: OptOut,
    /// Subscriptions that it ended.
    ended: u64,
}

/// STOP: ends every subscription of a number, in all campaigns, and lets none be made again. The same number again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/optouts",
    tag = "optouts",
    request_body = OptOutInput,
    responses((status = 201, description = "It is in force.", body = OptedOut), Problem),
    security(("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn create_optout(
    _: Auth<{ CALLS | OPS }>,
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
    Body(input): Body<OptOutInput>,
) -> Result<(StatusCode, Json<OptedOut>), Problem> {
    let mut checks = Checks::default();
    valid::line(&mut checks, "/how", &input.how);
    checks.finish()?;
    let number = normalise(&input.phone, &input.country).map_err(Refusal::Number)?;
    let (kept, ended) = opt_out(&app, &number.phone, &input.how, &identity.id).await?;
    let answer = OptedOut {
        optout: kept.into(),
        ended,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

impl From<OptOutError> for Problem {
    fn from(error: OptOutError) -> Problem {
        match error {
            OptOutError::Key(error) => error.into(),
            OptOutError::Store(error) => error.into(),
        }
    }
}

//! What the routes take out of a request: the key, the campaign, the query; and how they answer.

use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::IntoParams;

use super::super::compat::answer::{self, Fault};
use super::super::extract::{READ, auth};
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns;
use crate::store::grants::{self, Reach, Thing};

/// Most characters of a campaign's id or name.
const MAX_ID_CHARS: usize = 200;
/// Most parameters that are looked at.
const MAX_PARAMS: usize = 50;
/// When a busy database may be tried again.
const BUSY_RETRY_MS: i64 = 1_000;

/// How every route answers: JSON whose fields stand in CallPower's order, or its error.
pub(super) type Answer = Result<Json, Fault>;

/// JSON that was written already.
pub(super) struct Json(String);

impl Json {
    /// Writes a value.
    pub(super) fn of(value: &impl Serialize) -> Json {
        Json(answer::text(value))
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        answer::write(Err(self), None, None)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error {
            StoreError::NotFound => Fault::new(404, "there is no such thing"),
            StoreError::Busy(error) => {
                tracing::warn!(%error, "a question of the read API waits: the database is busy or out of reach");
                Fault::new(503, "the database is busy or out of reach: try again")
                    .retry_after_ms(BUSY_RETRY_MS)
            }
            StoreError::Conflict { .. } | StoreError::Reference | StoreError::Broken(_) => {
                tracing::error!(%error, "a question of the read API was not answered");
                Fault::new(500, "a mistake of the server: its log says more")
            }
        }
    }
}

/// A key that may read, and how far it reaches.
pub(super) struct Key(pub(super) Reach);

/// The key in the query, as CallPower takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `Key` reads it")]
pub(super) struct KeyParams {
    /// An API key with the scope `read`. Better as `Authorization: Bearer`, which no log keeps.
    api_key: Option<String>,
}

impl FromRequestParts<App> for Key {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Key, Fault> {
        let not_good = || Fault::new(401, "the API key is not good");
        let query = Query::of(parts);
        let secret = match auth::bearer(&parts.headers) {
            Ok(Some(secret)) => Some(secret),
            Ok(None) => query.get("api_key"),
            Err(_) => return Err(not_good()),
        };
        let Some(secret) = secret else {
            return Err(Fault::new(
                401,
                "send an API key with the scope read: api_key in the query, or Authorization: Bearer",
            ));
        };
        match auth::find(app, secret).await {
            Ok(Some(identity)) if identity.has(READ) => Ok(Key(identity.reach)),
            Ok(Some(_)) => Err(Fault::new(403, "the API key lacks the scope read")),
            Ok(None) => Err(not_good()),
            Err(_) => Err(Fault::new(503, "try again").retry_after_ms(BUSY_RETRY_MS)),
        }
    }
}

/// The campaign of the path, found as /call/create finds it: by its id or its name.
pub(in crate::http) struct Campaign(pub(in crate::http) campaigns::Campaign);

/// The campaign of the path, for a key that reaches it. Another's is not told from none at all.
pub(super) struct OwnCampaign(pub(super) campaigns::Campaign);

impl FromRequestParts<App> for OwnCampaign {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<OwnCampaign, Fault> {
        let Key(reach) = Key::from_request_parts(parts, app).await?;
        let Campaign(campaign) = Campaign::from_request_parts(parts, app).await?;
        match grants::covers(app.db(), &reach, Thing::Campaign, &campaign.id).await? {
            true => Ok(OwnCampaign(campaign)),
            false => Err(unknown()),
        }
    }
}

fn unknown() -> Fault {
    Fault::new(404, "there is no campaign of this id or name")
}

/// `{id}` of the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `Campaign` reads it")]
pub(in crate::http) struct CampaignParams {
    /// The campaign's id or its name.
    id: String,
}

impl FromRequestParts<App> for Campaign {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Campaign, Fault> {
        let Ok(Path(id)) = Path::<String>::from_request_parts(parts, app).await else {
            return Err(unknown());
        };
        if id.contains('\0') || id.chars().count() > MAX_ID_CHARS {
            return Err(unknown());
        }
        match campaigns::find(app.db(), &id).await {
            Ok(campaign) => Ok(Campaign(campaign)),
            Err(StoreError::NotFound) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The query. What a route does not know it passes over, as CallPower does.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    fn of(parts: &Parts) -> Query {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes()).take(MAX_PARAMS);
        Query(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    #[cfg(test)]
    pub(super) fn from_pairs(pairs: &[(&str, &str)]) -> Query {
        let owned = pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Query(owned.collect())
    }

    /// The first value of a name that says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, value)| n == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }
}

impl FromRequestParts<App> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Query, Self::Rejection> {
        Ok(Query::of(parts))
    }
}

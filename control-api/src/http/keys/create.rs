//! POST /v1/keys

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::auth::SCOPES;
use super::super::extract::{ADMIN_ONLY, Auth, Body};
use super::super::problem::{Checks, Kind, Problem};
use super::super::time::Time;
use super::super::users::campaigns;
use super::super::valid;
use super::Key;
use crate::privacy;
use crate::runtime::App;
use crate::store::grants;
use crate::store::keys::{self, ApiKey};

/// A new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyInput {
    /// For people: who has it.
    #[schema(example = "the web form")]
    name: String,
    /// `read`, `calls`, `campaigns`, `ops`, `admin`
    #[schema(example = json!(["calls"]))]
    scopes: Vec<String>,
    /// Campaigns that the key is confined to, by id; left out, it reaches everything.
    #[serde(default)]
    campaigns: Option<Vec<String>>,
    /// No longer good from then on.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// A key with its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    #[serde(flatten)]
    key: Key,
    /// The secret. This is the only time that it is shown: only a hash of it is kept.
    #[schema(example = "tl_…")]
    secret: String,
}

/// Makes a key. Its secret stands in this answer and nowhere else.
#[utoipa::path(
    post,
    path = "/v1/keys",
    tag = "keys",
    request_body = KeyInput,
    responses((status = 201, description = "The key.", body = CreatedKey), Problem),
    security(("key" = ["admin"]))
)]
pub(crate) async fn create_key(
    _: Auth<ADMIN_ONLY>,
    State(app): State<App>,
    Body(input): Body<KeyInput>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    let now = app.clock().now_ms();
    check(&app, &input, now).await?;
    let secret = privacy::new_secret().map_err(|error| Problem::new(Kind::Unavailable, error.to_string()))?;
    let row = ApiKey {
        id: app.clock().new_id().to_string(),
        name: input.name,
        hash: privacy::secret_hash(&secret),
        scopes: input.scopes,
        confined: input.campaigns.is_some(),
        created_at: now,
        expires_at: input.expires_at.map(|t| t.0),
        revoked_at: None,
        last_used_at: None,
    };
    keys::create(app.db(), &row).await?;
    if let Some(campaigns) = &input.campaigns {
        grants::set(app.db(), &row.id, campaigns).await?;
    }
    let created = CreatedKey {
        key: Key::of(&app, row).await?,
        secret,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

async fn check(app: &App, input: &KeyInput, now: i64) -> Result<(), Problem> {
    let mut checks = Checks::default();
    valid::name(&mut checks, "/name", &input.name);
    let words: Vec<&str> = SCOPES.iter().map(|(name, _)| *name).collect();
    checks.require(
        (1..=words.len()).contains(&input.scopes.len()),
        "/scopes",
        format!("expected at least one of {}", words.join(", ")),
    );
    for (n, scope) in input.scopes.iter().take(words.len()).enumerate() {
        valid::word(&mut checks, &format!("/scopes/{n}"), scope, &words);
    }
    checks.require(
        input.expires_at.is_none_or(|at| at.0 > now),
        "/expires_at",
        "expected a time that is still to come",
    );
    if let Some(ids) = &input.campaigns {
        campaigns(&mut checks, app, ids).await?;
        checks.require(
            !ids.is_empty() && !input.scopes.iter().any(|scope| scope == "admin"),
            "/campaigns",
            "expected one campaign or more, and no scope admin: leave it out for a key that reaches everything",
        );
    }
    checks.finish()
}

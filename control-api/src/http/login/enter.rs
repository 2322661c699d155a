//! POST /v1/login: name and password in, a cookie out.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::audit::record;
use super::super::extract::auth::Identity;
use super::super::extract::{Body, ClientIp};
use super::super::problem::{Kind, Problem};
use super::super::time::Time;
use super::{Me, SESSION_MS, set_cookie};
use crate::privacy::{self, password};
use crate::runtime::App;
use crate::store::ratelimits::{self, Limit, Taken};
use crate::store::user_sessions::{self, NewSession};
use crate::store::users::{self, User};
use crate::store::{Db, StoreError};

/// Tries of one name, and of one address, within [`WINDOW_MS`]. Those that succeed count too.
const TRIES_PER_NAME: i64 = 10;
const TRIES_PER_ADDRESS: i64 = 30;
const WINDOW_MS: i64 = 15 * 60_000;

/// Most characters of a name that is looked up.
const MAX_NAME_CHARS: usize = 200;

/// Who comes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginInput {
    #[schema(example = "ada")]
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// Somebody who has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    #[serde(flatten)]
    me: Me,
    /// Log in again after this.
    expires_at: Time,
}

/// Logs somebody in: the answer sets a cookie, good for 12 hours. Two logins of one person live at once; a third ends the oldest. With the
/// cookie, everything but GET needs the header `Trunkline-CSRF: 1`.
#[utoipa::path(
    post,
    path = "/v1/login",
    tag = "users",
    request_body = LoginInput,
    responses((status = 200, description = "Who it is; `Set-Cookie` has the session.", body = LoggedIn), Problem)
)]
pub(crate) async fn login(
    State(app): State<App>,
    client: ClientIp,
    Body(input): Body<LoginInput>,
) -> Result<Response, Problem> {
    limit(&app, &input.name, client).await?;
    let user = prove(app.db(), input).await?;
    let now = app.clock().now_ms();
    let secret = privacy::new_secret().map_err(|error| Problem::new(Kind::Unavailable, error.to_string()))?;
    let session = NewSession {
        id: app.clock().new_id().to_string(),
        hash: privacy::secret_hash(&secret),
        user_id: user.id.clone(),
        created_at: now,
        expires_at: now + SESSION_MS,
    };
    let identity = Identity::of_user(user, session.hash.clone());
    let entry = record::entry(&app, &identity, "login", "users", Some(&identity.id), Value::Null);
    crate::store::audit::create(app.db(), &entry).await?;
    user_sessions::create(app.db(), &session).await?;
    let body = LoggedIn {
        me: Me::of(&app, &identity).await?,
        expires_at: Time(session.expires_at),
    };
    let mut response = (StatusCode::OK, Json(body)).into_response();
    if let Some(cookie) = set_cookie(&app, &secret, SESSION_MS / 1_000) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Counted before anything is looked up, and for names that nobody has as well.
async fn limit(app: &App, name: &str, client: ClientIp) -> Result<(), Problem> {
    let mut limits = vec![Limit {
        key: format!("login:{}", privacy::secret_hash(name)),
        limit: TRIES_PER_NAME,
        window_ms: WINDOW_MS,
    }];
    if let Some(ip) = client.ip {
        limits.push(Limit {
            key: format!("login-ip:{}", app.keys().ip_ref(ip)),
            limit: TRIES_PER_ADDRESS,
            window_ms: WINDOW_MS,
        });
    }
    match ratelimits::take(app.db(), &limits, app.clock().new_id(), app.clock().now_ms()).await? {
        Taken::Yes => Ok(()),
        Taken::No { retry_after_ms, .. } => Err(Problem::new(
            Kind::RateLimited,
            "too many tries to log in with this name or from this address: wait, or have an admin set a new password",
        )
        .retry_after_ms(retry_after_ms)),
    }
}

/// The same answer, after the same work, for a wrong password, an unknown name and somebody who is disabled.
async fn prove(db: &Db, input: LoginInput) -> Result<User, Problem> {
    let fits = input.name.chars().count() <= MAX_NAME_CHARS && input.password.len() <= password::MAX_BYTES;
    let found = match fits {
        true => users::credentials(db, &input.name).await,
        false => Err(StoreError::NotFound),
    };
    let (user, hash) = match found {
        Ok(credentials) => (Some(credentials.user), Some(credentials.hash)),
        Err(StoreError::NotFound) => (None, None),
        Err(error) => return Err(error.into()),
    };
    let right = password::is_right(if fits { &input.password } else { "" }, hash).await;
    match user {
        Some(user) if right && user.enabled => Ok(user),
        Some(_) | None => Err(Problem::new(
            Kind::Unauthorized,
            "name or password is wrong, or the user is disabled",
        )),
    }
}

//! POST /v1/login: name and password in, a cookie out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
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
use crate::store::audit::{self, Entry};
use crate::store::ratelimits::{self, Limit, Taken};
use crate::store::user_sessions::{self, NewSession};
use crate::store::users::{self, User};
use crate::store::{self, Db, StoreError};

/// Tries of one name, and of one address, within [`WINDOW_MS`]. Those that succeed count too.
const TRIES_PER_NAME: i64 = 10;
const TRIES_PER_ADDRESS: i64 = 30;
const WINDOW_MS: i64 = 15 * 60_000;

/// Rows about names that nobody has, within [`WINDOW_MS`]: whoever guesses does not fill the disk.
const UNKNOWN_ROWS: i64 = 60;

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
    let Entered {
        identity,
        secret,
        expires_at,
    } = enter(&app, client, input).await?;
    let body = LoggedIn {
        me: Me::of(&app, &identity).await?,
        expires_at: Time(expires_at),
    };
    let mut response = (StatusCode::OK, Json(body)).into_response();
    if let Some(cookie) = set_cookie(&app, &secret, SESSION_MS / 1_000) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The same for a form of the console: answers the cookie.
pub(crate) async fn by_form(
    app: &App,
    client: ClientIp,
    name: &str,
    password: &str,
) -> Result<HeaderValue, Problem> {
    let input = LoginInput {
        name: name.to_owned(),
        password: password.to_owned(),
    };
    let entered = enter(app, client, input).await?;
    set_cookie(app, &entered.secret, SESSION_MS / 1_000)
        .ok_or_else(|| Problem::new(Kind::Internal, "the cookie cannot be written"))
}

/// Somebody who has come, with what their cookie holds.
struct Entered {
    identity: Identity,
    secret: String,
    expires_at: i64,
}

async fn enter(app: &App, client: ClientIp, input: LoginInput) -> Result<Entered, Problem> {
    limit(app, &input.name, client).await?;
    let user = match prove(app.db(), input, password::is_right).await? {
        Proved::Yes(user) => user,
        Proved::No(who) => {
            note_refused(app, who).await;
            return Err(Problem::new(
                Kind::Unauthorized,
                "name or password is wrong, or the user is disabled",
            ));
        }
    };
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
    let entry = record::entry(app, &identity, "login", "users", Some(&identity.id), Value::Null);
    audit::create(app.db(), &entry).await?;
    user_sessions::create(app.db(), &session).await?;
    Ok(Entered {
        identity,
        secret,
        expires_at: session.expires_at,
    })
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

/// What a login came to.
#[derive(Debug)]
enum Proved {
    /// It is this one.
    Yes(User),
    /// It is not, though there may be somebody of that name.
    No(Option<User>),
}

/// The same work, one look at a password, for a wrong password, an unknown name and somebody who is disabled. `is_right` looks.
async fn prove(
    db: &Db,
    input: LoginInput,
    is_right: impl AsyncFn(&str, Option<String>) -> bool,
) -> Result<Proved, Problem> {
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
    let right = is_right(if fits { &input.password } else { "" }, hash).await;
    Ok(match user {
        Some(user) if right && user.enabled => Proved::Yes(user),
        refused => Proved::No(refused),
    })
}

/// Writes down that a login was refused, and of whom. What was typed is not kept: for a name too it may have been a password. Tries of one
/// name are limited before they come here; names that nobody has are limited all together.
async fn note_refused(app: &App, who: Option<User>) {
    let noted = async {
        if who.is_none() && !room_for_unknown(app).await? {
            return Ok(());
        }
        let (id, name) = match who {
            Some(user) => (Some(user.id), user.name),
            None => (None, String::new()),
        };
        let entry = Entry {
            id: app.clock().new_id().to_string(),
            at: app.clock().now_ms(),
            actor_kind: if id.is_some() { "user" } else { "nobody" }.to_owned(),
            actor_id: id.clone().unwrap_or_default(),
            actor: name,
            action: "login refused".to_owned(),
            noun: "users".to_owned(),
            noun_id: id,
            before: Value::Null,
            after: Value::Null,
            done: true,
        };
        audit::create(app.db(), &entry).await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "a refused login was not written down");
    }
}

async fn room_for_unknown(app: &App) -> store::Result<bool> {
    let limit = Limit {
        key: "login-unknown".to_owned(),
        limit: UNKNOWN_ROWS,
        window_ms: WINDOW_MS,
    };
    let taken = ratelimits::take(app.db(), &[limit], app.clock().new_id(), app.clock().now_ms()).await?;
    Ok(taken == Taken::Yes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::store::testing;
    use crate::store::users::Role;

    /// Nobody learns from the time that an answer takes whether there is somebody of a name: a password is looked at once in every case.
    #[test]
    fn every_login_looks_at_one_password() {
        testing::check(|db| async move {
            for (n, enabled) in [("ada", true), ("eve", false)] {
                let user = User {
                    id: n.to_owned(),
                    name: n.to_owned(),
                    email: String::new(),
                    role: Role::Staff,
                    enabled,
                    password_once: false,
                    created_at: 0,
                    updated_at: 0,
                    last_login_at: None,
                };
                users::create(&db, &user, "the hash", &[]).await.unwrap();
            }
            let long = "x".repeat(password::MAX_BYTES + 1);
            for (name, password, proved) in [
                ("ada", "right", true),
                ("ada", "wrong", false),
                ("ada", long.as_str(), false),
                ("eve", "right", false),
                ("nobody", "right", false),
                (long.as_str(), "right", false),
            ] {
                let looks = AtomicUsize::new(0);
                let is_right = async |password: &str, hash: Option<String>| {
                    looks.fetch_add(1, Ordering::SeqCst);
                    password == "right" && hash.as_deref() == Some("the hash")
                };
                let input = LoginInput {
                    name: name.to_owned(),
                    password: password.to_owned(),
                };
                let answer = prove(&db, input, is_right).await.unwrap();
                assert_eq!(matches!(answer, Proved::Yes(_)), proved, "{name}");
                assert_eq!(looks.load(Ordering::SeqCst), 1, "{name}");
            }
        });
    }
}

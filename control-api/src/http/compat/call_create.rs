//! GET, POST /call/create (and /create): starts a session from a page, as CallPower's form does (CAMPAIGNS.md 5).

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::super::extract::{CALLS, ClientIp, auth};
use super::super::start::{Ask, DRAINING, Refusal, Started, start};
use super::answer::{self, Fault};
use super::origins::{Page, judge};
use super::values::Values;
use crate::follow;
use crate::guards::Asker;
use crate::guards::number::NumberError;
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns::{self, Campaign, CampaignStatus, SegmentBy};
use crate::store::grants::{self, Thing};

/// Characters of `ref` that are kept.
const MAX_REF_CHARS: usize = 64;
/// Most characters of anything else.
const MAX_VALUE_CHARS: usize = 200;
/// How long a browser remembers what it may do here.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");
/// When a busy database may be tried again.
const BUSY_RETRY_MS: i64 = 1_000;

/// What a page sends, as query, form or JSON. Other names are ignored.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    non_snake_case,
    reason = "the shape in the OpenAPI document; `Values` reads it"
)]
pub(crate) struct CreateParams {
    /// The caller's number. Required.
    #[param(example = "202-555-0123", required = false)]
    userPhone: String,
    /// The campaign's id or its name. Required.
    #[param(required = false)]
    campaignId: String,
    /// ISO 3166; the campaign's when left out.
    userCountry: Option<String>,
    /// Postal code; also as `zipcode`.
    userLocation: Option<String>,
    /// Keys of targets, repeatable; all of the campaign's when left out.
    targetIds: Option<Vec<String>>,
    /// `1`: record the session.
    record: Option<String>,
    /// Where the caller came from; the first 64 characters are kept.
    r#ref: Option<String>,
    /// Believed only from a trusted proxy or with an API key.
    userIPAddress: Option<String>,
    /// JSONP: the name of a function.
    callback: Option<String>,
    /// An API key with the scope `calls`, which rate limits do not hold for. Better as `Authorization: Bearer`.
    api_key: Option<String>,
}

/// The answer. A campaign that is archived or paused answers `{"campaign":"archived"}` or `{"campaign":"paused"}` and nothing else.
#[derive(Serialize, ToSchema)]
#[expect(non_snake_case, reason = "CallPower's name")]
pub(crate) struct Created {
    #[schema(example = "live")]
    campaign: &'static str,
    #[schema(example = "queued")]
    call: &'static str,
    /// What the caller is to say.
    script: String,
    /// Where the page goes next; empty for nowhere.
    redirect: String,
    /// The number that the caller will see.
    fromNumber: String,
    targets: Targets,
    /// How many callers wait before this one; left out when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<i64>,
    /// With this a page follows the call: `GET /call/follow/{token}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    follow: Option<String>,
}

/// Who will be called.
#[derive(Serialize, ToSchema)]
#[serde(tag = "segment", rename_all = "lowercase")]
pub(crate) enum Targets {
    /// The campaign's own list, cut and ordered for this caller.
    Custom {
        /// In order.
        objects: Vec<TargetObject>,
    },
    /// By the caller's location.
    Location {
        /// The location, for people.
        display: String,
    },
}

/// One target.
#[derive(Serialize, ToSchema)]
pub(crate) struct TargetObject {
    name: String,
    title: String,
    phone: String,
}

/// Calls somebody back, from a page.
#[utoipa::path(
    method(get, post),
    path = "/call/create",
    tag = "compatible",
    params(CreateParams),
    request_body(content(
        (CreateParams = "application/x-www-form-urlencoded"),
        (CreateParams = "application/json")
    )),
    responses(
        (status = 200, description = "Queued; or archived or paused, and nobody is called.", body = Created),
        (status = 400, description = "No or unknown campaign; no telephone number; none of ours for that country.", body = Fault),
        (status = 401, description = "The API key is not good.", body = Fault),
        (status = 403, description = "The page is not on the campaign's list of origins.", body = Fault),
        (status = 413, description = "Too long.", body = Fault),
        (status = 429, description = "A rate limit, or blocked.", body = Fault),
        (status = 503, description = "No trunk can take the call; Retry-After says when to try again.", body = Fault)
    )
)]
pub(crate) async fn call_create(State(app): State<App>, request: Request) -> Response {
    respond(&app, request).await
}

/// Whether a browser may send what it means to send (CORS).
#[utoipa::path(
    options,
    path = "/call/create",
    tag = "compatible",
    responses((status = 204, description = "It may; the answer to the request itself says for which pages."))
)]
pub(crate) async fn call_create_preflight(headers: HeaderMap) -> Response {
    preflight(&headers)
}

/// The same as /call/create.
#[utoipa::path(
    method(get, post),
    path = "/create",
    tag = "compatible",
    params(CreateParams),
    responses(
        (status = 200, description = "As /call/create.", body = Created),
        (status = "4XX", description = "As /call/create.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn create(State(app): State<App>, request: Request) -> Response {
    respond(&app, request).await
}

/// Whether a browser may send what it means to send (CORS).
#[utoipa::path(
    options,
    path = "/create",
    tag = "compatible",
    responses((status = 204, description = "It may."))
)]
pub(crate) async fn create_preflight(headers: HeaderMap) -> Response {
    preflight(&headers)
}

/// The campaign is not known before the request itself comes: any page may ask, and each gets its own answer.
fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    answer::allow(out, headers.get(header::ORIGIN).cloned());
    let fixed: [(HeaderName, HeaderValue); 3] = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, OPTIONS"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Content-Type, Authorization, Idempotency-Key, X-Requested-With"),
        ),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ];
    out.extend(fixed);
    response
}

async fn respond(app: &App, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(client) = ClientIp::from_request_parts(&mut parts, app).await;
    let (headers, values, fault) = match Values::read(Request::from_parts(parts, body)).await {
        Ok((headers, values)) => (headers, values, None),
        Err((headers, values, fault)) => (headers, values, Some(fault)),
    };
    let callback = values.first(&["callback"]);
    if callback.is_some_and(|name| !answer::is_callback(name)) {
        let fault = Fault::new(400, "callback is not the name of a JavaScript function");
        return answer::write(Err(fault), None, None);
    }
    if let Some(fault) = fault {
        return answer::write(Err(fault), callback, Some(HeaderValue::from_static("*")));
    }
    let campaign = match find(app, &values).await {
        Ok(campaign) => campaign,
        Err(fault) => return answer::write(Err(fault), callback, Some(HeaderValue::from_static("*"))),
    };
    let public_url = app.config().public_url();
    match judge(
        &campaign.settings.origins,
        &public_url,
        &headers,
        callback.is_some(),
    ) {
        Page::Allowed(origin) => {
            let created = place(app, &campaign, &values, &headers, client).await;
            answer::write(created, callback, origin)
        }
        Page::Foreign => {
            let fault = Fault::new(
                403,
                "this page may not start calls of this campaign: add its origin to the campaign's origins",
            );
            answer::write(Err(fault), callback, None)
        }
    }
}

/// The campaign that is named by its id or its name.
pub(super) async fn find(app: &App, values: &Values) -> Result<Campaign, Fault> {
    let Some(id) = values.first(&["campaignId"]) else {
        return Err(Fault::new(400, "campaignId is required"));
    };
    let unknown = || Fault::new(400, "there is no campaign of this campaignId");
    if id.contains('\0') || id.chars().count() > MAX_VALUE_CHARS {
        return Err(unknown());
    }
    match campaigns::find(app.db(), id).await {
        Ok(campaign) => Ok(campaign),
        Err(StoreError::NotFound) => Err(unknown()),
        Err(error) => Err(Refusal::Store(error).into()),
    }
}

async fn place(
    app: &App,
    campaign: &Campaign,
    values: &Values,
    headers: &HeaderMap,
    client: ClientIp,
) -> Result<String, Fault> {
    match campaign.status {
        CampaignStatus::Archived => return Ok(json!({"campaign": "archived"}).to_string()),
        CampaignStatus::Paused => return Ok(json!({"campaign": "paused"}).to_string()),
        CampaignStatus::Live => {}
    }
    let asker = asker(app, campaign, values, headers).await?;
    let Some(phone) = values.first(&["userPhone"]) else {
        return Err(Fault::new(400, "userPhone is required"));
    };
    let location = values.first(&["userLocation", "zipcode"]).unwrap_or_default();
    let target_keys = values.all(&["targetIds", "targetIds[]"]);
    let country = values.first(&["userCountry"]).unwrap_or(&campaign.country);
    if [phone, location, country].iter().any(|v| !is_short(v)) || target_keys.iter().any(|v| !is_short(v)) {
        return Err(Fault::new(
            400,
            "a value is too long, or holds control characters",
        ));
    }
    let told = values.first(&["userIPAddress"]).and_then(|ip| ip.parse().ok());
    let believed = told.filter(|_| client.trusted_peer || asker == Asker::Key);
    let reference = values.first(&["ref"]).unwrap_or_default();
    let ask = Ask {
        phone: phone.to_owned(),
        country: country.to_owned(),
        location: location.to_owned(),
        target_keys,
        reference: reference
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_REF_CHARS)
            .collect(),
        record: values.on(&["record"]),
        // A key's own address is its server's, not the caller's.
        ip: believed.or(client.ip.filter(|_| asker != Asker::Key)),
        asker,
    };
    let started = start(app, campaign, ask).await?;
    Ok(answer::text(&created(app, campaign, started)))
}

fn is_short(value: &str) -> bool {
    value.chars().count() <= MAX_VALUE_CHARS && !value.contains(char::is_control)
}

async fn asker(app: &App, campaign: &Campaign, values: &Values, headers: &HeaderMap) -> Result<Asker, Fault> {
    let not_good = || Fault::new(401, "the API key is not good, or lacks the scope calls");
    let secret = match auth::bearer(headers) {
        Ok(Some(secret)) => Some(secret),
        Ok(None) => values.first(&["api_key"]),
        Err(_) => return Err(not_good()),
    };
    let Some(secret) = secret else {
        return Ok(Asker::Public);
    };
    let found = match auth::find(app, secret).await {
        Ok(Some(identity)) if identity.has(CALLS) => identity,
        Ok(_) => return Err(not_good()),
        Err(_) => return Err(Fault::new(503, "try again").retry_after_ms(BUSY_RETRY_MS)),
    };
    let covered = grants::covers(app.db(), &found.reach, Thing::Campaign, &campaign.id).await;
    match covered.map_err(Refusal::Store)? {
        true => Ok(Asker::Key),
        false => Err(Fault::new(403, "the API key is for other campaigns")),
    }
}

fn created(app: &App, campaign: &Campaign, started: Started) -> Created {
    let session = started.session;
    let follow = follow::token(app.keys(), &session.id).ok();
    let targets = match campaign.segment_by {
        SegmentBy::Custom => Targets::Custom {
            objects: session
                .targets
                .into_iter()
                .map(|t| TargetObject {
                    phone: t
                        .offices
                        .first()
                        .map_or_else(String::new, |o| o.phone.as_str().to_owned()),
                    name: t.name,
                    title: t.title,
                })
                .collect(),
        },
        SegmentBy::Location => Targets::Location {
            display: session.location,
        },
    };
    Created {
        campaign: "live",
        call: "queued",
        script: campaign.settings.script.clone(),
        redirect: campaign.settings.redirect.clone(),
        fromNumber: session.caller_id.unwrap_or_default(),
        targets,
        place: Some(started.place).filter(|&place| place > 0),
        follow,
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Number(error @ NumberError::NoSuchCountry(_)) => {
                Fault::new(400, format!("userCountry: {error}"))
            }
            Refusal::Number(error) => Fault::new(400, format!("userPhone: {error}")),
            Refusal::NoNumber { country } => {
                Fault::new(400, format!("no number of ours to call {country} from"))
            }
            Refusal::UnknownTarget { key } => {
                Fault::new(400, format!("targetIds: the campaign has no target {key}"))
            }
            Refusal::NoLocation => Fault::new(400, "userLocation is required"),
            Refusal::UnknownLocation { .. } => {
                Fault::new(400, "userLocation: nobody is known for this location")
            }
            Refusal::NoGeocoder { retry_after_ms } => {
                Fault::new(503, "the location cannot be looked up at this moment")
                    .retry_after_ms(retry_after_ms)
            }
            Refusal::Blocked => Fault::new(429, "blocked"),
            Refusal::Limited { per, retry_after_ms } => Fault::new(429, per).retry_after_ms(retry_after_ms),
            Refusal::Draining { retry_after_ms } => Fault::new(503, DRAINING).retry_after_ms(retry_after_ms),
            Refusal::NoTrunk { retry_after_ms, why } => Fault::new(503, why).retry_after_ms(retry_after_ms),
            Refusal::Store(StoreError::Busy(error)) => {
                tracing::warn!(%error, "a session was not started: the database is busy or out of reach");
                Fault::new(503, "the database is busy or out of reach: try again")
                    .retry_after_ms(BUSY_RETRY_MS)
            }
            Refusal::Store(error) => {
                tracing::error!(%error, "a session was not started");
                Fault::new(500, "a mistake of the server: its log says more")
            }
            Refusal::Internal(error) => {
                tracing::error!(error, "a session was not started");
                Fault::new(500, "a mistake of the server: its log says more")
            }
        }
    }
}

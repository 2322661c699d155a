//! GET, POST /incoming_call and /call_complete_status: what a hosted voice platform was told to ask when CallPower was behind it. While its
//! numbers are on their way to our trunks, a caller who dials one is sent on to ours.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Fault};
use super::call_create::find;
use super::values::Values;
use crate::runtime::App;
use crate::store::numbers;

/// What the platform sends, as query or form. Other names are ignored.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    non_snake_case,
    reason = "the shape in the OpenAPI document; `Values` reads it"
)]
pub(crate) struct PlatformParams {
    /// The campaign's id or its name. Required.
    #[param(required = false)]
    campaignId: String,
    /// The number that was called.
    To: Option<String>,
    /// `completed`, `busy`, `no-answer`, `failed`, `canceled`.
    CallStatus: Option<String>,
    /// Keys of targets, repeatable.
    targetIds: Option<Vec<String>>,
}

/// What was sent, as CallPower said it again.
#[derive(Serialize, ToSchema)]
#[expect(non_snake_case, reason = "CallPower's names")]
pub(crate) struct CompleteStatus {
    phoneNumber: String,
    #[schema(example = "completed")]
    callStatus: String,
    targetIds: Vec<String>,
    campaignId: String,
}

/// Sends a caller of a hosted platform on to the campaign's own number.
#[utoipa::path(
    method(get, post),
    path = "/incoming_call",
    tag = "compatible",
    params(PlatformParams),
    responses(
        (status = 200, description = "TwiML: dial our number, or reject when the campaign has none to call in.", body = String, content_type = "text/xml"),
        (status = "4XX", description = "As /call/create.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn incoming_call(State(app): State<App>, request: Request) -> Response {
    match own_number(&app, request).await {
        Ok(number) => {
            let verb = number.map_or_else(|| "<Reject/>".to_owned(), |e164| format!("<Dial>{e164}</Dial>"));
            let twiml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verb}</Response>");
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml")], twiml).into_response()
        }
        Err(fault) => answer::write(Err(fault), None, None),
    }
}

/// Says again how a call of a hosted platform ended. Nothing is counted: our own calls are counted as they end.
#[utoipa::path(
    method(get, post),
    path = "/call_complete_status",
    tag = "compatible",
    params(PlatformParams),
    responses(
        (status = 200, description = "What was sent.", body = CompleteStatus),
        (status = "4XX", description = "As /call/create.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn call_complete_status(State(app): State<App>, request: Request) -> Response {
    let said = async {
        let values = read(request).await?;
        let campaign = find(&app, &values).await?;
        let status = CompleteStatus {
            phoneNumber: values.first(&["To"]).unwrap_or_default().to_owned(),
            callStatus: values.first(&["CallStatus"]).unwrap_or("unknown").to_owned(),
            targetIds: values.all(&["targetIds", "targetIds[]"]),
            campaignId: campaign.id,
        };
        Ok(answer::text(&status))
    };
    answer::write(said.await, None, Some(HeaderValue::from_static("*")))
}

async fn read(request: Request) -> Result<Values, Fault> {
    match Values::read(request).await {
        Ok((_, values)) => Ok(values),
        Err((_, _, fault)) => Err(fault),
    }
}

/// The number at which the campaign takes calls.
async fn own_number(app: &App, request: Request) -> Result<Option<String>, Fault> {
    let values = read(request).await?;
    let campaign = find(app, &values).await?;
    let all = numbers::for_campaign(app.db(), &campaign.id).await;
    let all = all.map_err(|error| Fault::from(super::super::start::Refusal::Store(error)))?;
    let of_campaign = all
        .into_iter()
        .find(|n| n.campaign_id.as_deref() == Some(campaign.id.as_str()));
    Ok(of_campaign.map(|number| number.e164))
}

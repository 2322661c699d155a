//! DELETE /v1/sessions/{id}: hangs up.

use axum::extract::State;
use axum::http::StatusCode;
use trunkline_gateway::command::Command;
use trunkline_gateway::ids::SessionId;

use super::super::extract::auth::OfSession;
use super::super::extract::{Auth, CALLS, Id};
use super::super::problem::{Found as _, Kind, Problem};
use crate::runtime::{App, GatewayError};
use crate::store::sessions::{self, SessionState};

/// When an order that the gateway had no room for may be given again.
const FULL_RETRY_MS: i64 = 1_000;

/// Ends a session: takes it out of the queue, or hangs up every leg of it. One that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{id}",
    tag = "sessions",
    params(Id),
    responses((status = 204, description = "It ends."), Problem),
    security(("key" = ["calls"]))
)]
pub(crate) async fn delete_session(
    _: Auth<{ CALLS }, OfSession>,
    State(app): State<App>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let row = sessions::get(app.db(), &id).await.found("session", &id)?;
    let over = row.state == SessionState::Ended || app.cancel_queued(&row.id, &row.step).await?;
    app.wake().queue.notify_one();
    if over {
        return Ok(StatusCode::NO_CONTENT);
    }
    if let Some(node) = row.node.filter(|node| node != app.node()) {
        return Err(Problem::new(
            Kind::Conflict,
            format!("the session is on node {node:?}: send the request there"),
        ));
    }
    let Ok(uuid) = id.parse() else {
        return Err(Problem::not_found("session", &id));
    };
    match app.gateway().send(Command::HangUp {
        session: SessionId(uuid),
    }) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(GatewayError::Full) => {
            Err(Problem::new(Kind::Unavailable, "the gateway is busy: try again")
                .retry_after_ms(FULL_RETRY_MS))
        }
        Err(GatewayError::Stopped) => Err(Problem::new(
            Kind::Unavailable,
            "the gateway has stopped: every call of this node has ended",
        )),
    }
}

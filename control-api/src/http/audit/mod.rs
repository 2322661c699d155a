//! /v1/audit: who changed what, and when. A layer over every guarded route writes it, so that no route can forget to.

pub(crate) mod layer;
mod list;
pub(crate) mod record;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list::list_audit))
}

/// One change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Change {
    id: String,
    at: Time,
    /// `user`, `key`, `command`: the command line of the server; `nobody`: whoever tried to log in under a name that nobody has.
    actor_kind: String,
    /// Id of the user or key; empty for a command.
    actor_id: String,
    /// Their name at that time.
    actor: String,
    /// `create`, `change`, `replace`, `delete`, or the last word of the path: `launch`, `targets`, `login`; `login refused`.
    #[schema(example = "launch")]
    action: String,
    /// What kind of thing, as in the path.
    #[schema(example = "campaigns")]
    noun: String,
    noun_id: Option<String>,
    /// Fields that changed, as they were; null when there was nothing. No secrets and no phone numbers in it.
    before: Value,
    /// The same, as they became; null when nothing is left.
    after: Value,
    /// False when the server ended in the middle: the change may have been made or not.
    done: bool,
}

impl From<store::audit::Entry> for Change {
    fn from(e: store::audit::Entry) -> Change {
        Change {
            id: e.id,
            at: Time(e.at),
            actor_kind: e.actor_kind,
            actor_id: e.actor_id,
            actor: e.actor,
            action: e.action,
            noun: e.noun,
            noun_id: e.noun_id,
            before: e.before,
            after: e.after,
            done: e.done,
        }
    }
}

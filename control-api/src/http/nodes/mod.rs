//! /v1/nodes: the nodes that run, and which of them take calls.

mod drain;
mod get;
mod list;

pub(super) use list::nodes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;

/// A node that was not seen for so long is taken for dead by the others.
const SILENT_MS: i64 = 20_000;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_nodes))
        .routes(routes!(get::get_node))
        .routes(routes!(drain::drain_node, drain::undrain_node))
}

/// A node.
#[derive(Serialize, ToSchema)]
pub(crate) struct Node {
    /// `[node] id` of its configuration.
    #[schema(example = "gw1")]
    pub(crate) id: String,
    /// Of the program that it runs.
    pub(crate) version: String,
    /// `up`; `draining`, while running calls go on and no new ones are taken; `drained`, when none is left; `silent`: it was not seen for
    /// 20 s.
    pub(crate) state: &'static str,
    pub(crate) started_at: Time,
    /// When it was seen last: each node says once a second that it lives.
    pub(crate) seen_at: Time,
    /// An operator has asked it to take no new calls.
    pub(crate) drain_asked: bool,
    /// Sessions on its lines.
    pub(crate) sessions: i64,
    /// Sessions that it has claimed from the queue and not dialled yet.
    pub(crate) queued: i64,
}

/// One node, as it is at this moment; `queued` has the claims of each.
pub(crate) fn node(row: store::nodes::Node, queued: &[(String, i64)], now: i64) -> Node {
    let silent = now.saturating_sub(row.seen_at) > SILENT_MS;
    let state = match (silent, row.draining, row.sessions) {
        (true, ..) => "silent",
        (false, false, _) => "up",
        (false, true, 0) => "drained",
        (false, true, _) => "draining",
    };
    Node {
        state,
        queued: queued
            .iter()
            .find(|(id, _)| *id == row.id)
            .map_or(0, |(_, count)| *count),
        version: row.version,
        started_at: Time(row.started_at),
        seen_at: Time(row.seen_at),
        drain_asked: row.drain_asked,
        sessions: row.sessions,
        id: row.id,
    }
}

//! /v1/trunks: the carriers and PBXs that calls go to and come from.

mod create;
mod delete;
mod dialling;
mod get;
mod input;
mod list;
mod patch;
mod put;
mod status;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::dialling::{Identity, NumberRule};
pub(super) use input::TrunkInput;
pub(super) use status::{Status as TrunkStatus, statuses};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_trunks, create::create_trunk))
        .routes(routes!(
            get::get_trunk,
            put::put_trunk,
            patch::patch_trunk,
            delete::delete_trunk
        ))
        .routes(routes!(status::trunk_status))
}

/// A trunk. The password is never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trunk {
    id: String,
    name: String,
    host: String,
    port: Option<i64>,
    transport: String,
    allow: Vec<String>,
    username: String,
    /// Whether a password is kept.
    has_password: bool,
    register: bool,
    challenge: String,
    codecs: Vec<String>,
    dtmf: String,
    srtp: String,
    srtp_over_plain: bool,
    learn_source: bool,
    max_channels: i64,
    max_cps: i64,
    number_format: String,
    tech_prefix: String,
    caller_id: Option<String>,
    number_rules: Vec<NumberRule>,
    short_codes: Vec<String>,
    identity: Identity,
    post_dial_limit_ms: i64,
    options_interval_ms: i64,
    session_expires_seconds: i64,
    refer: String,
    enabled: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<store::trunks::Trunk> for Trunk {
    fn from(t: store::trunks::Trunk) -> Trunk {
        Trunk {
            id: t.id,
            name: t.name,
            host: t.host,
            port: t.port,
            transport: t.transport,
            allow: t.allow,
            username: t.username,
            has_password: t.password_enc.is_some(),
            register: t.register,
            challenge: t.challenge,
            codecs: t.codecs,
            dtmf: t.dtmf,
            srtp: t.srtp,
            srtp_over_plain: t.srtp_over_plain,
            learn_source: t.learn_source,
            max_channels: t.max_channels,
            max_cps: t.max_cps,
            number_format: t.number_format,
            tech_prefix: t.tech_prefix,
            caller_id: t.caller_id,
            number_rules: t.dialling.number_rules,
            short_codes: t.dialling.short_codes,
            identity: t.dialling.identity,
            post_dial_limit_ms: t.dialling.post_dial_limit_ms,
            options_interval_ms: t.dialling.options_interval_ms,
            session_expires_seconds: t.dialling.session_expires_seconds,
            refer: t.dialling.refer,
            enabled: t.enabled,
            created_at: Time(t.created_at),
            updated_at: Time(t.updated_at),
        }
    }
}

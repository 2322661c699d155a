//! What routes take out of a request: the key, an id, the query, the body, the caller's address.

pub(crate) mod auth;
pub(crate) mod body;
mod client_ip;
pub(crate) mod id;
pub(crate) mod params;

pub(crate) use auth::{ADMIN_ONLY, ANYBODY, Auth, CALLS, CAMPAIGNS, InReach, OPS, READ, STAFF};
pub(crate) use body::{Body, Patch};
pub(crate) use client_ip::ClientIp;
pub(crate) use id::Id;
pub(crate) use params::Params;

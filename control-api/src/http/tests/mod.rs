//! The API as its users see it: transcripts of requests and answers, on both databases, and tables over every route.

mod abuse;
mod api;
mod bad_bodies;
mod compat;
mod concurrency;
mod counting;
mod document;
mod embed;
mod events;
mod follow;
mod history;
mod keyed;
mod logins;
mod operations;
mod prompts;
mod read_api;
mod recordings;
mod roles;
mod scopes;
mod transcript;

use transcript::check;

#[test]
fn trunks() {
    check("trunks");
}

#[test]
fn routes() {
    check("routes");
}

#[test]
fn numbers() {
    check("numbers");
}

#[test]
fn targets() {
    check("targets");
}

#[test]
fn campaigns() {
    check("campaigns");
}

#[test]
fn locations() {
    check("locations");
}

#[test]
fn sessions() {
    check("sessions");
}

#[test]
fn nodes() {
    check("nodes");
}

#[test]
fn overview() {
    check("overview");
}

#[test]
fn trace() {
    check("trace");
}

#[test]
fn calls_and_records() {
    check("calls_and_records");
}

#[test]
fn keys() {
    check("keys");
}

#[test]
fn crm() {
    check("crm");
}

#[test]
fn forget() {
    check("forget");
}

#[test]
fn schedules() {
    check("schedules");
}

#[test]
fn optouts() {
    check("optouts");
}

#[test]
fn schedule_compat() {
    check("schedule_compat");
}

#[test]
fn users() {
    check("users");
}

#[test]
fn audit() {
    check("audit");
}

#[test]
fn webhooks() {
    check("webhooks");
}

#[test]
fn blocklist() {
    check("blocklist");
}

#[test]
fn idempotency() {
    check("idempotency");
}

#[test]
fn paging() {
    check("paging");
}

#[test]
fn system() {
    check("system");
}

#[test]
fn platform() {
    check("platform");
}

#[test]
fn start_refused() {
    check("start_refused");
}

#[test]
fn call_create() {
    check("call_create");
}

#[test]
fn embed() {
    check("embed");
}

#[test]
fn errors() {
    check("errors");
}

#[test]
fn read_api() {
    check("read_api");
}

#[test]
fn browse() {
    check("browse");
}

#[test]
fn stats() {
    check("stats");
}

//! Campaigns, who is called, guards, storage, jobs, HTTP, console and configuration; puts it all together.
//!
//! Knows no SIP bytes and no RTP: it hands plain data to the gateway and gets events back.

mod acceptance;
mod as_code;
pub mod audio_store;
mod callpower;
pub mod campaign;
pub mod cli;
pub mod clock;
pub mod config;
mod console;
mod crm;
mod daily;
pub mod demo;
mod dispatch;
pub mod export;
mod follow;
pub mod guards;
pub mod http;
mod jobs;
pub mod lint;
pub mod log;
pub mod metrics;
pub mod outbound;
pub mod places;
pub mod privacy;
mod retention;
pub mod runtime;
pub mod serve;
mod speech;
pub mod store;
mod webhooks;

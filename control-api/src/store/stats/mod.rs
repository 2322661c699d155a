//! Statistics: counters that are written with the end of each call and session, and the questions they answer (CAMPAIGNS.md 7).
//!
//! A call or session is counted when it has ended, once, in the transaction that ends it. [`rebuild`] counts the rows anew.

mod rebuild;
mod tally;
mod targets;
mod times;
mod totals;

pub use rebuild::{is_behind, rebuild, rebuild_if_behind};
pub(super) use tally::{EndedCall, EndedSession, ROWS_A_STATEMENT, Tally, write_tally};
pub use targets::{TargetCount, by_target};
pub use times::{Buckets, CampaignCount, Count, Span, bounds, by_time, of_campaigns};
pub use totals::{
    Outcome, Referral, Step, calls_per_session, completed_days, completed_since, names, outcomes, referrals,
    steps, under_way,
};

/// A minute, to which the finest counters are kept.
pub const MINUTE_MS: i64 = 60_000;

/// A quarter of an hour: every time zone of today is ahead of UTC, or behind it, by so many of these.
pub const QUARTER_MS: i64 = 15 * MINUTE_MS;

/// An hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A day of UTC.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Times by which ended calls and sessions are counted, with the word of the series.
const TIMES: [(&str, i64); 4] = [
    ("minute", MINUTE_MS),
    ("quarter", QUARTER_MS),
    ("hour", HOUR_MS),
    ("day", DAY_MS),
];

/// The step of time that `at` lies in.
fn floor(at: i64, step_ms: i64) -> i64 {
    at / step_ms * step_ms
}

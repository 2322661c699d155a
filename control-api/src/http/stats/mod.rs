//! /v1/campaigns/{id}/stats: a campaign's figures by status and outcome, step, target, referral and time, as JSON and as CSV.

mod counts;
mod file;
mod outcomes;
mod refs;
mod steps;
mod summary;
mod table;
mod targets;
mod times;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::App;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(summary::campaign_stats))
        .routes(routes!(outcomes::campaign_outcomes))
        .routes(routes!(steps::campaign_steps))
        .routes(routes!(targets::campaign_target_stats))
        .routes(routes!(refs::campaign_refs))
        .routes(routes!(times::campaign_times))
        .routes(routes!(file::campaign_stats_csv))
}

/// Completed calls of the sessions that have any.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PerSession {
    /// Such sessions.
    pub(super) sessions: i64,
    /// Their completed calls.
    pub(super) calls: i64,
    /// Calls a session; 0 without any.
    pub(super) mean: f64,
    /// The middle one; none without any.
    pub(super) median: Option<f64>,
}

impl PerSession {
    /// Of how many sessions had how many calls, fewest calls first.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^53")]
    pub(super) fn of(counts: &[(i64, i64)]) -> PerSession {
        let sessions: i64 = counts.iter().map(|(_, sessions)| sessions).sum();
        let calls: i64 = counts.iter().map(|(calls, sessions)| calls * sessions).sum();
        if sessions == 0 {
            return PerSession::default();
        }
        // The `n`th session of all in order of their calls, from 0.
        let nth = |n: i64| {
            let mut before = 0;
            let found = counts.iter().find(|(_, sessions)| {
                before += sessions;
                n < before
            });
            found.map_or(0, |(calls, _)| *calls) as f64
        };
        PerSession {
            sessions,
            calls,
            mean: calls as f64 / sessions as f64,
            median: Some(f64::midpoint(nth((sessions - 1) / 2), nth(sessions / 2))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        let median = |counts: &[(i64, i64)]| PerSession::of(counts).median;
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(3, 1)]), Some(3.0));
        assert_eq!(median(&[(1, 1), (2, 1)]), Some(1.5));
        assert_eq!(median(&[(1, 2), (5, 1)]), Some(1.0));
        assert_eq!(median(&[(1, 2), (5, 3)]), Some(5.0));
        assert_eq!(median(&[(1, 2), (4, 2)]), Some(2.5));
        let all = PerSession::of(&[(1, 2), (4, 2)]);
        assert_eq!((all.sessions, all.calls, all.mean), (4, 10, 2.5));
    }
}

//! A route as clients write it, and what is right for each field.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::valid;
use crate::runtime::App;
use crate::store;

/// Most prefixes of one route.
const MAX_PREFIXES: usize = 1_000;
/// Most trunks of one route.
const MAX_TRUNKS: usize = 32;

/// A route as it is created or replaced.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteInput {
    /// Unique, for people.
    #[schema(example = "north america")]
    name: String,
    /// E.164 prefixes; the longest of all routes decides. `+` takes every number.
    #[schema(example = json!(["+1"]))]
    prefixes: Vec<String>,
    /// Only for calls of this campaign; goes before a general route with the same prefix.
    #[serde(default)]
    campaign_id: Option<String>,
    /// Trunks to try.
    trunks: Vec<RouteTrunk>,
    /// SIP statuses after which no other trunk is tried; empty is 404, 486, 600, 603, 607, 608.
    #[serde(default)]
    #[schema(example = json!([486, 603]))]
    stop_codes: Vec<u16>,
}

/// A trunk within a route.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteTrunk {
    /// The trunk.
    trunk_id: String,
    /// Lower is tried first.
    #[serde(default)]
    priority: u16,
    /// Share among those with the same priority.
    #[serde(default = "one")]
    #[schema(default = 1)]
    weight: u16,
}

fn one() -> u16 {
    1
}

impl From<store::routes::RouteTrunk> for RouteTrunk {
    fn from(t: store::routes::RouteTrunk) -> RouteTrunk {
        RouteTrunk {
            trunk_id: t.trunk_id,
            priority: u16::try_from(t.priority).unwrap_or(u16::MAX),
            weight: u16::try_from(t.weight).unwrap_or(u16::MAX),
        }
    }
}

impl RouteInput {
    /// What a merge patch is put over.
    pub(in super::super) fn current(row: &store::routes::Route) -> Value {
        json!({
            "name": row.name, "prefixes": row.prefixes, "campaign_id": row.campaign_id, "trunks": row.trunks,
            "stop_codes": row.stop_codes,
        })
    }

    /// The row to write, over the one before.
    pub(super) async fn row(
        self,
        app: &App,
        before: Option<store::routes::Route>,
    ) -> Result<store::routes::Route, Problem> {
        let mut checks = Checks::default();
        self.check(&mut checks);
        for (n, trunk) in self.trunks.iter().take(MAX_TRUNKS).enumerate() {
            valid::trunk(
                &mut checks,
                app,
                &format!("/trunks/{n}/trunk_id"),
                &trunk.trunk_id,
            )
            .await?;
        }
        valid::campaign(&mut checks, app, "/campaign_id", self.campaign_id.as_deref()).await?;
        checks.finish()?;
        let now = app.clock().now_ms();
        let (id, created_at) = match before {
            Some(before) => (before.id, before.created_at),
            None => (app.clock().new_id().to_string(), now),
        };
        let trunks = self.trunks.into_iter().map(|t| store::routes::RouteTrunk {
            trunk_id: t.trunk_id,
            priority: i64::from(t.priority),
            weight: i64::from(t.weight),
        });
        Ok(store::routes::Route {
            id,
            name: self.name,
            prefixes: self.prefixes,
            campaign_id: self.campaign_id,
            trunks: trunks.collect(),
            stop_codes: self.stop_codes,
            created_at,
            updated_at: now,
        })
    }

    /// What can be told without the database.
    pub(in super::super) fn checked(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        self.check(&mut checks);
        checks.finish()
    }

    fn check(&self, checks: &mut Checks) {
        valid::name(checks, "/name", &self.name);
        checks.require(
            (1..=MAX_PREFIXES).contains(&self.prefixes.len()),
            "/prefixes",
            format!("expected 1 to {MAX_PREFIXES} prefixes; [\"+\"] takes every number"),
        );
        for (n, prefix) in self.prefixes.iter().enumerate() {
            checks.require(
                valid::is_prefix(prefix),
                &format!("/prefixes/{n}"),
                "expected + and at most 15 digits, for example +1202",
            );
        }
        checks.require(
            (1..=MAX_TRUNKS).contains(&self.trunks.len()),
            "/trunks",
            format!("expected 1 to {MAX_TRUNKS} trunks"),
        );
        for (n, status) in self.stop_codes.iter().enumerate() {
            checks.require(
                (400..=699).contains(status),
                &format!("/stop_codes/{n}"),
                "expected a SIP status from 400 to 699",
            );
        }
    }
}

//! A route as clients write it, and what is right for each field.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::country;
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::valid;
use crate::runtime::App;
use crate::runtime::snapshot;
use crate::store;
use crate::store::routes::{Conditions, Window};

/// Most prefixes of one route.
const MAX_PREFIXES: usize = 1_000;
/// Most countries of one route.
const MAX_COUNTRIES: usize = 250;
/// Most windows of one route.
const MAX_WINDOWS: usize = 50;
/// Most trunks of one route.
const MAX_TRUNKS: usize = 32;

/// A route as it is created or replaced.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteInput {
    /// Unique, for people.
    #[schema(example = "north america")]
    name: String,
    /// E.164 prefixes; the longest of all routes decides. `+` takes every number but short codes, which are named whole.
    #[schema(example = json!(["+1"]))]
    prefixes: Vec<String>,
    /// Only for calls of this campaign; goes before a general route with the same prefix.
    #[serde(default)]
    campaign_id: Option<String>,
    /// Only for numbers of these countries (ISO 3166: `us`, `ca`); none is every country.
    #[serde(default)]
    #[schema(example = json!(["us"]))]
    countries: Vec<String>,
    /// Only at these times; none is always.
    #[serde(default)]
    windows: Vec<Window>,
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
    /// Among those with the same priority the cheapest is tried first; in any unit of your own, for example thousandths of a cent a minute.
    #[serde(default)]
    cost: u32,
    /// Share among those with the same priority and cost.
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
            cost: u32::try_from(t.cost).unwrap_or(u32::MAX),
            weight: u16::try_from(t.weight).unwrap_or(u16::MAX),
        }
    }
}

impl RouteInput {
    /// What a merge patch is put over.
    pub(in super::super) fn current(row: &store::routes::Route) -> Value {
        json!({
            "name": row.name, "prefixes": row.prefixes, "campaign_id": row.campaign_id, "trunks": row.trunks,
            "countries": row.conditions.countries, "windows": row.conditions.windows, "stop_codes": row.stop_codes,
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
            cost: i64::from(t.cost),
            weight: i64::from(t.weight),
        });
        Ok(store::routes::Route {
            id,
            name: self.name,
            prefixes: self.prefixes,
            campaign_id: self.campaign_id,
            conditions: Conditions {
                countries: self.countries,
                windows: self.windows,
            },
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
                valid::is_prefix(prefix) || Phone::new(prefix).is_ok_and(|code| code.is_short_code()),
                &format!("/prefixes/{n}"),
                "expected + and at most 15 digits, for example +1202, or a short code",
            );
        }
        self.check_conditions(checks);
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

    fn check_conditions(&self, checks: &mut Checks) {
        checks.require(
            self.countries.len() <= MAX_COUNTRIES,
            "/countries",
            format!("expected at most {MAX_COUNTRIES} countries"),
        );
        for (n, code) in self.countries.iter().enumerate() {
            let lower = code.bytes().all(|b| b.is_ascii_lowercase());
            checks.require(
                lower && country::calling_code(code).is_some(),
                &format!("/countries/{n}"),
                "expected a country's two letters (ISO 3166), for example us",
            );
        }
        checks.require(
            self.windows.len() <= MAX_WINDOWS,
            "/windows",
            format!("expected at most {MAX_WINDOWS} windows"),
        );
        for (n, window) in self.windows.iter().enumerate() {
            checks.require(
                snapshot::window(window).is_ok(),
                &format!("/windows/{n}"),
                "expected a time zone (America/New_York), days of mon to sun, and two different times HH:MM",
            );
        }
    }
}

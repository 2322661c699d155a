//! A number as clients write it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::valid;
use crate::runtime::App;
use crate::store;

/// A number as it is created or replaced.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberInput {
    /// Unique.
    #[schema(example = "+12025550100")]
    e164: String,
    /// The trunk that it comes in on.
    trunk_id: String,
    /// Calls to it start a session of this campaign; and this campaign calls from it.
    #[serde(default)]
    campaign_id: Option<String>,
}

impl NumberInput {
    /// What a merge patch is put over.
    pub(in super::super) fn current(row: &store::numbers::Number) -> Value {
        json!({"e164": row.e164, "trunk_id": row.trunk_id, "campaign_id": row.campaign_id})
    }

    /// The row to write, over the one before.
    pub(super) async fn row(
        self,
        app: &App,
        before: Option<store::numbers::Number>,
    ) -> Result<store::numbers::Number, Problem> {
        let mut checks = Checks::default();
        self.check(&mut checks);
        valid::trunk(&mut checks, app, "/trunk_id", &self.trunk_id).await?;
        valid::campaign(&mut checks, app, "/campaign_id", self.campaign_id.as_deref()).await?;
        checks.finish()?;
        let (id, created_at) = match before {
            Some(before) => (before.id, before.created_at),
            None => (app.clock().new_id().to_string(), app.clock().now_ms()),
        };
        Ok(store::numbers::Number {
            id,
            e164: self.e164,
            trunk_id: self.trunk_id,
            campaign_id: self.campaign_id,
            created_at,
        })
    }
    /// What can be told without the database.
    pub(in super::super) fn checked(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        self.check(&mut checks);
        checks.finish()
    }

    fn check(&self, checks: &mut Checks) {
        checks.require(valid::is_e164(&self.e164), "/e164", valid::E164);
    }
}

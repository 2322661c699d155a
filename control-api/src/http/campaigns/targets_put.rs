//! PUT /v1/campaigns/{id}/targets

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::id::is_id;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::paging::List;
use super::super::problem::{Checks, Found as _, Problem};
use super::super::targets::Target;
use super::targets_list::list;
use crate::runtime::App;
use crate::store::grants::{self, Reach, Thing};
use crate::store::{self, StoreError};

/// Most targets of one campaign.
const MAX_TARGETS: usize = 1_000;

/// Targets, by id or by key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetIds {
    /// Ids or keys, in the order in which they are called.
    #[schema(example = json!(["custom:mayor", "us:bioguide:S000148"]))]
    target_ids: Vec<String>,
}

impl TargetIds {
    /// The ids of targets that are all there, each once.
    pub(super) async fn resolve(self, app: &App, reach: &Reach) -> Result<Vec<String>, Problem> {
        let mut checks = Checks::default();
        checks.require(
            self.target_ids.len() <= MAX_TARGETS,
            "/target_ids",
            format!("expected at most {MAX_TARGETS} targets"),
        );
        let mut ids: Vec<String> = Vec::new();
        for (n, given) in self.target_ids.iter().take(MAX_TARGETS).enumerate() {
            let pointer = format!("/target_ids/{n}");
            match find(app, reach, given).await? {
                None => checks.wrong(
                    &pointer,
                    "no target has this id or key: POST /v1/targets adds one",
                ),
                Some(id) if ids.contains(&id) => checks.wrong(&pointer, "this target is in the list already"),
                Some(id) => ids.push(id),
            }
        }
        checks.finish()?;
        Ok(ids)
    }
}

async fn find(app: &App, reach: &Reach, given: &str) -> Result<Option<String>, Problem> {
    let by_id = match is_id(given) {
        true => store::targets::get(app.db(), given).await,
        false => Err(StoreError::NotFound),
    };
    let row = match by_id {
        Err(StoreError::NotFound) => store::targets::get_by_key(app.db(), given).await,
        other => other,
    };
    match row {
        Ok(target) => {
            let covered = grants::covers(app.db(), reach, Thing::AnyTarget, &target.id).await?;
            Ok(covered.then_some(target.id))
        }
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Puts a list in place of a campaign's own targets.
#[utoipa::path(
    put,
    path = "/v1/campaigns/{id}/targets",
    tag = "campaigns",
    params(Id),
    request_body = TargetIds,
    responses((status = 200, description = "The whole list.", body = List<Target>), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn put_campaign_targets(
    auth: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<TargetIds>,
) -> Result<Json<List<Target>>, Problem> {
    store::campaigns::get(app.db(), &id)
        .await
        .found("campaign", &id)?;
    let ids = input.resolve(&app, auth.reach()).await?;
    store::campaigns::set_targets(app.db(), &id, &ids).await?;
    list(&app, &id).await
}

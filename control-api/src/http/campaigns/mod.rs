//! /v1/campaigns: who is called, in what order, with which prompts, under which limits.

mod action;
mod archive;
mod copy;
mod create;
mod delete;
mod embed;
mod forget;
mod get;
mod input;
mod launch;
mod lint;
mod list;
mod patch;
mod pause;
mod preview;
mod prompts;
mod put;
mod targets_add;
mod targets_list;
mod targets_put;
mod targets_remove;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::campaigns::{CampaignStatus, LocateBy, SegmentBy, Settings};
pub(crate) use embed::is_embed;
pub(super) use input::CampaignInput;
pub(crate) use input::{is_language, is_web_address};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_campaigns, create::create_campaign))
        .routes(routes!(
            get::get_campaign,
            put::put_campaign,
            patch::patch_campaign,
            delete::delete_campaign
        ))
        .routes(routes!(
            targets_list::list_campaign_targets,
            targets_put::put_campaign_targets,
            targets_add::add_campaign_targets
        ))
        .routes(routes!(targets_remove::remove_campaign_target))
        .routes(routes!(launch::launch_campaign))
        .routes(routes!(pause::pause_campaign))
        .routes(routes!(archive::archive_campaign))
        .routes(routes!(copy::copy_campaign))
        .routes(routes!(forget::forget_campaign))
        .routes(routes!(lint::lint_campaign))
        .routes(routes!(prompts::campaign_prompts))
        .routes(routes!(preview::preview_campaign))
}

/// A campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Campaign {
    id: String,
    name: String,
    /// `paused`, `live`, `archived`
    status: CampaignStatus,
    country: String,
    r#type: String,
    segment_by: SegmentBy,
    locate_by: LocateBy,
    language: String,
    #[serde(flatten)]
    settings: Settings,
    created_at: Time,
    updated_at: Time,
    /// Went live for the first time.
    launched_at: Option<Time>,
    archived_at: Option<Time>,
}

impl From<store::campaigns::Campaign> for Campaign {
    fn from(c: store::campaigns::Campaign) -> Campaign {
        Campaign {
            id: c.id,
            name: c.name,
            status: c.status,
            country: c.country,
            r#type: c.kind,
            segment_by: c.segment_by,
            locate_by: c.locate_by,
            language: c.language,
            settings: c.settings,
            created_at: Time(c.created_at),
            updated_at: Time(c.updated_at),
            launched_at: c.launched_at.map(Time),
            archived_at: c.archived_at.map(Time),
        }
    }
}

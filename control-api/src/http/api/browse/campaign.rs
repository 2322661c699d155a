//! GET /api/campaign, GET /api/campaign/{id}: campaigns.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::compat::answer::Fault;
use super::super::extract::{self, Answer, Json, Key, KeyParams, Query};
use super::{BrowseParams, Objects, find};
use crate::callpower;
use crate::runtime::App;
use crate::store::browse::CAMPAIGN;
use crate::store::campaigns::{self, Campaign, CampaignStatus, Ordering, SegmentBy};
use crate::store::prompts::{self, Prompt};
use crate::store::{numbers, targets, word};
/// A campaign, with CallPower's fields first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignObject {
    id: String,
    name: String,
    campaign_type: String,
    /// Empty: what CallPower kept here is part of the type.
    campaign_state: &'static str,
    /// Empty: what CallPower kept here is part of the type.
    campaign_subtype: String,
    target_ordering: Ordering,
    /// Whether a number of ours leads callers into it.
    allow_call_in: bool,
    call_maximum: Option<u32>,
    /// Options of its form, under CallPower's names.
    embed: serde_json::Value,
    /// Numbers that its callers may see.
    phone_numbers: Vec<String>,
    /// Names and numbers of its own list.
    targets: Vec<(String, Option<String>)>,
    /// `live`, `paused` or `archived`.
    status: CampaignStatus,
    /// Texts, or addresses of recordings, by the prompt's key.
    audio_msgs: BTreeMap<String, String>,
    /// What /call/create needs: the field, and the country or the kind of location.
    required_fields: BTreeMap<&'static str, String>,
    country_code: String,
}

async fn object(app: &App, campaign: Campaign) -> Result<CampaignObject, Fault> {
    let (db, id) = (app.db(), campaign.id.as_str());
    let phones = numbers::for_campaign(db, id).await?;
    let own = targets::of_campaign(db, id).await?;
    let played = prompts::selected(db, id).await?;
    let mut required_fields = BTreeMap::from([("userPhone", campaign.country.clone())]);
    if campaign.segment_by == SegmentBy::Location {
        required_fields.insert("userLocation", campaign.locate_by.to_string());
    }
    let public_url = app.config().public_url();
    let text = |prompt: &Prompt| match &prompt.text {
        Some(text) => text.clone(),
        None => format!("{public_url}/v1/prompts/{}/audio", prompt.id),
    };
    Ok(CampaignObject {
        // A list of one's own has no subtype.
        campaign_subtype: match campaign.segment_by {
            SegmentBy::Custom => String::new(),
            SegmentBy::Location => word(&campaign.settings.subtype),
        },
        campaign_type: campaign.kind,
        campaign_state: "",
        target_ordering: campaign.settings.target_ordering,
        allow_call_in: phones
            .iter()
            .any(|number| number.campaign_id.as_deref() == Some(id)),
        call_maximum: campaign.settings.call_maximum,
        embed: callpower::embed::written(&campaign.settings),
        phone_numbers: phones.into_iter().map(|number| number.e164).collect(),
        targets: own
            .into_iter()
            .map(|target| (target.name, target.phone))
            .collect(),
        status: campaign.status,
        audio_msgs: played
            .iter()
            .filter(|(selection, _)| {
                selection.campaign_id == campaign.id && selection.language == campaign.language
            })
            .map(|(selection, prompt)| (selection.key.clone(), text(prompt)))
            .collect(),
        required_fields,
        country_code: campaign.country,
        id: campaign.id,
        name: campaign.name,
    })
}

/// Campaigns by filters.
#[utoipa::path(
    get,
    path = "/api/campaign",
    tag = "compatible",
    params(BrowseParams, KeyParams),
    responses(
        (status = 200, description = "A page.", body = Objects<CampaignObject>),
        (status = 400, description = "A filter, an order or a page is not understood; the description says what would be.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn campaign_list(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let found = find::<(String,)>(&app, &CAMPAIGN, &reach, &query).await?;
    let mut objects = Vec::new();
    for (id,) in &found.rows {
        objects.push(object(&app, campaigns::get(app.db(), id).await?).await?);
    }
    found.answer::<CampaignObject>(objects)
}

/// One campaign, by its id or its name.
#[utoipa::path(
    get,
    path = "/api/campaign/{id}",
    tag = "compatible",
    params(("id" = String, Path, description = "The campaign's id or its name."), KeyParams),
    responses(
        (status = 200, description = "It.", body = CampaignObject),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "There is none.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn campaign(
    State(app): State<App>,
    extract::OwnCampaign(campaign): extract::OwnCampaign,
) -> Answer {
    Ok(Json::of(&object(&app, campaign).await?))
}

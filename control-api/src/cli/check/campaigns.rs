//! What is wrong with the campaigns of the database, one line each finding. A database that has yet to be brought to this version's schema
//! is left alone: `check` changes nothing.

use super::{Finding, fails, fine, note};
use crate::audio_store::AudioStore;
use crate::config::Config;
use crate::lint::{self, Severity};
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::grants::Reach;
use crate::store::{self, Db, Page};

const WHAT: &str = "campaign";

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let current = store::inspect(&config.database.url)
        .await
        .is_ok_and(|seen| seen.schema == Some(seen.newest));
    if !current {
        return Vec::new();
    }
    let Ok(db) = Db::open(&config.database.url).await else {
        return Vec::new();
    };
    let found = all(&db, config).await;
    db.close().await;
    found.unwrap_or_else(|error| vec![fails(WHAT, error.to_string())])
}

async fn all(db: &Db, config: &Config) -> store::Result<Vec<Finding>> {
    let audio = AudioStore::existing(config);
    let has_geocoder = config.geocoder.url.is_some();
    let mut findings = Vec::new();
    let mut page = Page::default();
    loop {
        let rows = campaigns::list(db, None, &Reach::Everything, &page).await?;
        for campaign in rows.items {
            let (name, status) = (campaign.name.clone(), campaign.status);
            let loaded = lint::load(db, audio.as_ref(), has_geocoder, campaign).await?;
            findings.extend(of_campaign(&name, status, lint::lint(&loaded)));
        }
        match rows.next {
            None => return Ok(findings),
            next => page.after = next,
        }
    }
}

fn of_campaign(name: &str, status: CampaignStatus, found: Vec<lint::Finding>) -> Vec<Finding> {
    if found.is_empty() {
        return vec![fine(WHAT, name.to_owned())];
    }
    let line = |finding: lint::Finding| {
        let said = format!("{name}: {finding}");
        // Only what is live fails callers today.
        match (finding.severity, status) {
            (Severity::Error, CampaignStatus::Live) => fails(WHAT, said),
            (Severity::Error, CampaignStatus::Paused | CampaignStatus::Archived) | (Severity::Warning, _) => {
                note(WHAT, said)
            }
        }
    };
    found.into_iter().map(line).collect()
}

//! Telephone numbers. A number here comes in on a trunk, and belongs to one campaign or to all of them.

use std::collections::HashMap;

use super::row;
use super::{Import, ImportError};
use crate::store::Page;
use crate::store::StoreError;
use crate::store::numbers::{self, Number};
use crate::store::trunks::{self, Trunk};

const KIND: &str = "numbers";
const ASSIGN: &str = "give it to one campaign, if you like: PATCH /v1/numbers/{id} with campaign_id";

impl Import<'_> {
    pub(super) async fn bring_numbers(&mut self) -> Result<(), ImportError> {
        let old = self.source.numbers().await?;
        self.report.found(KIND, old.len());
        let mut shown: HashMap<i64, Vec<i64>> = HashMap::new();
        for link in self.source.shown().await? {
            if let (Some(campaign), Some(number)) = (link.campaign, link.other) {
                shown.entry(number).or_default().push(campaign);
            }
        }
        let trunk = self.trunk().await?;
        let here: Vec<String> = numbers::all(self.db).await?.into_iter().map(|n| n.e164).collect();
        let mut taken: Vec<String> = here;
        for old in old {
            let Ok(Some(number)) = row::number(old.number.as_deref()) else {
                self.report.lost(
                    KIND,
                    format!("number {}", old.id),
                    "it is no telephone number",
                    "add the right one: POST /v1/numbers",
                );
                continue;
            };
            if taken.contains(&number.e164) {
                self.report.there(KIND, 1);
                continue;
            }
            let Some(trunk) = &trunk else {
                self.report.lost(
                    KIND,
                    number.e164,
                    "a number comes in on a trunk, and it is not said on which",
                    "add the trunk that brings these numbers (POST /v1/trunks), then run this again with --trunk NAME",
                );
                continue;
            };
            taken.push(number.e164.clone());
            let call_in = old.call_in_campaign.and_then(|id| self.campaigns.get(&id));
            let number = Number {
                id: self.id("number", old.id, old.id),
                e164: number.e164,
                trunk_id: trunk.id.clone(),
                campaign_id: call_in.map(|moved| moved.id.clone()),
                created_at: self.clock.now_ms(),
            };
            self.report.new_ones(KIND, 1);
            self.note_shown(&number, shown.get(&old.id).map(Vec::as_slice).unwrap_or_default());
            if self.writes() {
                numbers::create(self.db, &number).await?;
            }
        }
        Ok(())
    }

    /// Campaigns that showed a number which is not theirs alone here.
    fn note_shown(&mut self, number: &Number, campaigns: &[i64]) {
        let mut others: Vec<String> = Vec::new();
        for id in campaigns {
            if let Some(moved) = self.campaigns.get(id)
                && number.campaign_id.as_ref() != Some(&moved.id)
            {
                others.push(moved.name.clone());
            }
        }
        if others.is_empty() {
            return;
        }
        let which = format!("{} ({})", number.e164, others.join(", "));
        let why = match number.campaign_id {
            Some(_) => {
                "these campaigns showed it too; here it is shown by the campaign whose calls come in on it"
            }
            None => "these campaigns showed it; here every campaign without numbers of its own may show it",
        };
        self.report.changed(KIND, which, why, ASSIGN);
    }

    /// The trunk that was named, or the only one there is.
    async fn trunk(&self) -> Result<Option<Trunk>, ImportError> {
        if let Some(name) = &self.options.trunk {
            return match trunks::get_by_name(self.db, name).await {
                Ok(trunk) => Ok(Some(trunk)),
                Err(StoreError::NotFound) => Err(ImportError::Trunk(name.clone())),
                Err(error) => Err(error.into()),
            };
        }
        let mut all = trunks::list(self.db, &Page::first(2)).await?.items;
        Ok(if all.len() == 1 { all.pop() } else { None })
    }
}

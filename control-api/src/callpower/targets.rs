//! Targets with their offices, and the lists of campaigns. One key is one target here; CallPower kept a row for each time it looked.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::row::{self, line, word};
use super::{Import, ImportError};
use crate::http::is_key;
use crate::store::StoreError;
use crate::store::callpower::{OldOffice, OldTarget};
use crate::store::campaigns;
use crate::store::targets::{self, Office, OfficeKind, Target};

const KIND: &str = "targets";
const OFFICES: &str = "offices";
const LISTS: &str = "lists";
/// Most offices of one target.
const MAX_OFFICES: usize = 100;
/// Most keys of an extension.
const MAX_EXTENSION: usize = 32;

impl Import<'_> {
    pub(super) async fn bring_targets(&mut self) -> Result<(), ImportError> {
        let old = self.source.targets().await?;
        let mut offices: HashMap<i64, Vec<OldOffice>> = HashMap::new();
        for office in self.source.offices().await? {
            self.report.found(OFFICES, 1);
            match office.target {
                Some(target) => offices.entry(target).or_default().push(office),
                None => self.report.lost(
                    OFFICES,
                    format!("office {}", office.id),
                    "it belongs to no target",
                    "nothing: nobody could be called at it",
                ),
            }
        }
        self.report.found(KIND, old.len());
        // The newest row of a key is the one that was called last.
        let mut by_key: BTreeMap<String, Vec<OldTarget>> = BTreeMap::new();
        for target in old {
            let key = key_of(&target);
            self.targets.insert(target.id, key.clone());
            by_key.entry(key).or_default().push(target);
        }
        for (key, mut rows) in by_key {
            let Some(newest) = rows.pop() else { continue };
            let own: Vec<OldOffice> = offices.remove(&newest.id).unwrap_or_default();
            let older: usize = rows
                .iter()
                .map(|row| offices.remove(&row.id).map_or(0, |offices| offices.len()))
                .sum();
            let same = u64::try_from(rows.len()).unwrap_or(0);
            self.report.there(OFFICES, u64::try_from(older).unwrap_or(0));
            self.bring_target(&key, &newest, own, same).await?;
        }
        Ok(())
    }

    /// `older` rows of the same key are the same target.
    async fn bring_target(
        &mut self,
        key: &str,
        old: &OldTarget,
        own: Vec<OldOffice>,
        older: u64,
    ) -> Result<(), ImportError> {
        self.report.there(KIND, older);
        let offices = u64::try_from(own.len()).unwrap_or(0);
        match targets::get_by_key(self.db, key).await {
            Ok(_) => {
                self.report.there(KIND, 1);
                self.report.there(OFFICES, offices);
                return Ok(());
            }
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        let target = self.target(key, old);
        let offices = self.offices(&target, own);
        self.report.new_ones(KIND, 1);
        self.report
            .new_ones(OFFICES, u64::try_from(offices.len()).unwrap_or(0));
        if self.writes() {
            targets::create(self.db, &target).await?;
            if !offices.is_empty() {
                targets::set_offices(self.db, &target.id, &offices).await?;
            }
        }
        Ok(())
    }

    fn target(&mut self, key: &str, old: &OldTarget) -> Target {
        let name = match line(old.name.as_deref()) {
            name if name.is_empty() => key.to_owned(),
            name => name,
        };
        let number = row::number(old.number.as_deref()).unwrap_or_else(|()| {
            self.report.changed(
                KIND,
                format!("{key} {name:?}"),
                "its telephone number is none: it is passed over when it is its turn",
                "set phone: PATCH /v1/targets/{id}",
            );
            None
        });
        let now = self.clock.now_ms();
        Target {
            id: self.id("target", old.id, old.id),
            key: key.to_owned(),
            title: line(old.title.as_deref()),
            name,
            pronunciation: String::new(),
            district: line(old.district.as_deref()),
            location: line(old.location.as_deref()),
            extension: number.as_ref().map(|n| cut(&n.extension)).unwrap_or_default(),
            phone: number.map(|n| n.e164),
            data: Value::Null,
            created_at: now,
            updated_at: now,
        }
    }

    fn offices(&mut self, target: &Target, own: Vec<OldOffice>) -> Vec<Office> {
        let mut uids = HashSet::new();
        let mut offices = Vec::new();
        for old in own {
            if offices.len() == MAX_OFFICES {
                self.report.lost(
                    OFFICES,
                    format!("{} office {}", target.key, old.id),
                    format!("a target has {MAX_OFFICES} offices at most"),
                    "nothing, or make a target of its own",
                );
                continue;
            }
            let mut uid = line(old.uid.as_deref());
            if uid.is_empty() || !uids.insert(uid.clone()) {
                uid = format!("callpower-{}", old.id);
                uids.insert(uid.clone());
            }
            let number = row::number(old.number.as_deref()).unwrap_or_default();
            if number.is_none() {
                self.report.changed(
                    OFFICES,
                    format!("{} office {:?}", target.key, uid),
                    "it has no telephone number: it is never called",
                    "set its phone: PATCH /v1/targets/{id}",
                );
            }
            let (lat, lon) = old.point.as_deref().and_then(point).unzip();
            offices.push(Office {
                target_id: target.id.clone(),
                uid,
                name: line(old.name.as_deref()),
                kind: match word(old.kind.as_deref()).as_str() {
                    "main" | "capitol" => OfficeKind::Main,
                    _ => OfficeKind::District,
                },
                address: line(old.address.as_deref()),
                lat,
                lon,
                extension: number.as_ref().map(|n| cut(&n.extension)).unwrap_or_default(),
                phone: number.map(|n| n.e164),
                hours: Value::Null,
                time_zone: String::new(),
            });
        }
        offices
    }

    /// The lists of new campaigns; one that was here before has the list that it was given here.
    pub(super) async fn bring_lists(&mut self) -> Result<(), ImportError> {
        let mut lists: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for link in self.source.listed().await? {
            self.report.found(LISTS, 1);
            let campaign = link.campaign.filter(|id| self.campaigns.contains_key(id));
            let key = link.other.and_then(|id| self.targets.get(&id));
            let (Some(campaign), Some(key)) = (campaign, key) else {
                self.report.lost(
                    LISTS,
                    format!("campaign {:?}, target {:?}", link.campaign, link.other),
                    "a line of a list that names no campaign or no target",
                    "nothing: it called nobody",
                );
                continue;
            };
            let list = lists.entry(campaign).or_default();
            if list.contains(key) {
                self.report.lost(
                    LISTS,
                    format!("campaign {campaign}, {key}"),
                    "the target stands in the list already: it is called once",
                    "nothing",
                );
            } else {
                list.push(key.clone());
            }
        }
        for (campaign, keys) in lists {
            let Some(moved) = self.campaigns.get(&campaign) else {
                continue;
            };
            let lines = u64::try_from(keys.len()).unwrap_or(0);
            if !moved.is_new {
                self.report.there(LISTS, lines);
                continue;
            }
            self.report.new_ones(LISTS, lines);
            if self.writes() {
                let mut ids = Vec::new();
                for key in &keys {
                    ids.push(targets::get_by_key(self.db, key).await?.id);
                }
                campaigns::set_targets(self.db, &moved.id, &ids).await?;
            }
        }
        Ok(())
    }
}

/// The key here. Old versions wrote a member of Congress without saying what the id is one of.
fn key_of(old: &OldTarget) -> String {
    let key = old.key.as_deref().unwrap_or_default().trim();
    let (letter, digits) = key.split_at_checked(1).unwrap_or_default();
    let is_bioguide = letter.bytes().all(|b| b.is_ascii_uppercase())
        && digits.len() == 6
        && digits.bytes().all(|b| b.is_ascii_digit());
    match key {
        _ if is_bioguide => format!("us:bioguide:{key}"),
        key if key.contains(':') && is_key(key) => key.to_owned(),
        _ => format!("custom:callpower-{}", old.id),
    }
}

fn cut(extension: &str) -> String {
    extension.chars().take(MAX_EXTENSION).collect()
}

/// `POINT(42.6, -73.7)`: degrees north and east.
fn point(text: &str) -> Option<(f64, f64)> {
    let inner = text.split_once('(')?.1.split_once(')')?.0;
    let (lat, lon) = inner.split_once(',').or_else(|| inner.trim().split_once(' '))?;
    let (lat, lon): (f64, f64) = (lat.trim().parse().ok()?, lon.trim().parse().ok()?);
    (lat.abs() <= 90.0 && lon.abs() <= 180.0).then_some((lat, lon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_age() {
        let key = |text: Option<&str>| {
            key_of(&OldTarget {
                id: 5,
                key: text.map(str::to_owned),
                ..OldTarget::default()
            })
        };
        assert_eq!(key(Some("us:bioguide:S000148")), "us:bioguide:S000148");
        assert_eq!(
            key(Some("us:bioguide:S000148-albany")),
            "us:bioguide:S000148-albany"
        );
        assert_eq!(key(Some("S000148")), "us:bioguide:S000148");
        assert_eq!(key(Some("custom:The Mayor")), "custom:callpower-5");
        assert_eq!(key(Some("mayor")), "custom:callpower-5");
        assert_eq!(key(Some("")), "custom:callpower-5");
        assert_eq!(key(None), "custom:callpower-5");
    }

    #[test]
    fn points() {
        assert_eq!(point("POINT(42.6, -73.7)"), Some((42.6, -73.7)));
        assert_eq!(point("POINT(42.6 -73.7)"), Some((42.6, -73.7)));
        assert_eq!(point("POINT(442.6, -73.7)"), None);
        assert_eq!(point("Albany"), None);
    }
}

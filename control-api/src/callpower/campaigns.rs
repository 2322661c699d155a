//! Campaigns: CallPower's words for who is called and how, as ours (CAMPAIGNS.md 4), and its ids, which forms out there go on using.

use serde_json::Value;

use super::row::{line, word};
use super::{Import, ImportError, Moved, embed};
use crate::guards::country;
use crate::http::{MAX_TEXT_CHARS, is_language, is_web_address};
use crate::places::{self, Missing};
use crate::store::StoreError;
use crate::store::callpower::OldCampaign;
use crate::store::campaigns::{
    self, Campaign, CampaignStatus, IncludeSpecial, LocateBy, Ordering, SegmentBy, Settings, Subtype,
    TargetOffices,
};

const KIND: &str = "campaigns";
/// Most calls of one session.
const MAX_CALLS: i64 = 100_000;

/// What did not fit: why, and what to do.
type Misfit = (String, &'static str);

impl Import<'_> {
    pub(super) async fn bring_campaigns(&mut self) -> Result<(), ImportError> {
        let lists = self.source.listed().await?;
        let old = self.source.campaigns().await?;
        self.report.found(KIND, old.len());
        for old in old {
            let has_list = lists.iter().any(|link| link.campaign == Some(old.id));
            let id = self.id("campaign", old.id, old.created_at.unwrap_or(old.id));
            let there = match campaigns::get(self.db, &id).await {
                Ok(there) => Some(there),
                Err(StoreError::NotFound) => None,
                Err(error) => return Err(error.into()),
            };
            let is_new = there.is_none();
            let row = match there {
                Some(row) => {
                    self.report.there(KIND, 1);
                    row
                }
                None => self.bring_campaign(&old, id, has_list).await?,
            };
            let moved = Moved {
                id: row.id,
                name: row.name,
                country: row.country,
                language: row.language,
                is_located: row.segment_by == SegmentBy::Location,
                is_new,
            };
            self.campaigns.insert(old.id, moved);
        }
        Ok(())
    }

    async fn bring_campaign(
        &mut self,
        old: &OldCampaign,
        id: String,
        has_list: bool,
    ) -> Result<Campaign, ImportError> {
        let (mut row, mut misfits) = map(old, id, has_list, self.clock.now_ms());
        let title = format!("{} {:?}", old.id, row.name);
        if let Ok(other) = campaigns::find(self.db, &row.name).await
            && other.name == row.name
        {
            row.name = format!("{} (CallPower {})", row.name, old.id);
            misfits.push((
                "another campaign has its name: it was given one of its own".to_owned(),
                "rename it, if you like: PATCH /v1/campaigns/{id}",
            ));
        }
        let missing = places::missing(self.db, self.options.has_geocoder, &row).await?;
        if let Some(missing) = missing {
            if row.status == CampaignStatus::Live {
                row.status = CampaignStatus::Paused;
            }
            misfits.push(unresolved(missing, &row));
        }
        self.report.new_ones(KIND, 1);
        for (why, what_to_do) in misfits {
            self.report.changed(KIND, title.clone(), why, what_to_do);
        }
        if self.writes() {
            campaigns::create(self.db, &row).await?;
            match campaigns::set_legacy_id(self.db, &row.id, &old.id.to_string()).await {
                Ok(()) => {}
                Err(StoreError::Conflict { .. }) => self.report.changed(
                    KIND,
                    title,
                    "another campaign goes by its old id already",
                    "change the pages that name it by its old id to its name or its new id",
                ),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(row)
    }
}

/// A campaign that finds nobody with the data that are here.
fn unresolved(missing: Missing, row: &Campaign) -> Misfit {
    let (what, to_do) = match missing {
        Missing::Officials => (
            format!(
                "nobody of type {} is known in country {} yet",
                row.kind, row.country
            ),
            "bring the data in (trunkline import us-congress, openstates, opennorth, officials), then launch it",
        ),
        Missing::PostalCodes => (
            format!("no postal codes of country {} are known yet", row.country),
            "bring them in (trunkline import us-congress, opennorth, divisions), then launch it",
        ),
        Missing::Geocoder => (
            "addresses and points need a geocoder".to_owned(),
            "set [geocoder] url in the configuration, then launch it",
        ),
        Missing::Place => (
            "it asks callers for no place, and its officials differ from place to place".to_owned(),
            "set locate_by: PATCH /v1/campaigns/{id}, then launch it",
        ),
    };
    (format!("{what}, so it is not live"), to_do)
}

/// The campaign as ours.
fn map(old: &OldCampaign, id: String, has_list: bool, now: i64) -> (Campaign, Vec<Misfit>) {
    let mut misfits = Vec::new();
    let country = country_of(old, &mut misfits);
    let (kind, subtype) = kind_of(old, &country, &mut misfits);
    let (segment_by, locate_by, kind) = places_of(old, kind, subtype, has_list, &mut misfits);
    let settings = settings_of(old, subtype, segment_by, has_list, &mut misfits);
    let mut name = line(old.name.as_deref());
    if name.is_empty() {
        name = format!("CallPower {}", old.id);
    }
    let language = match word(old.language.as_deref()) {
        language if language.is_empty() => "en".to_owned(),
        language if is_language(&language) => language,
        other => {
            misfits.push((
                format!("its language {other:?} is no language tag: it speaks English"),
                "set language: PATCH /v1/campaigns/{id}",
            ));
            "en".to_owned()
        }
    };
    let created_at = old.created_at.unwrap_or(now);
    let status = match old.status_code {
        Some(0) => CampaignStatus::Archived,
        Some(2) => CampaignStatus::Live,
        Some(_) | None => CampaignStatus::Paused,
    };
    let region = line(old.region.as_deref());
    if !region.is_empty() && segment_by == SegmentBy::Location {
        misfits.push((
            format!("it was for {region} alone: here the caller's place alone decides"),
            "if callers from elsewhere must not use it, give it a list of targets and include_special only",
        ));
    }
    let row = Campaign {
        id,
        name,
        status,
        country,
        kind,
        segment_by,
        locate_by,
        language,
        settings,
        created_at,
        updated_at: now,
        launched_at: (status == CampaignStatus::Live).then_some(created_at),
        archived_at: (status == CampaignStatus::Archived).then_some(now),
    };
    (row, misfits)
}

fn country_of(old: &OldCampaign, misfits: &mut Vec<Misfit>) -> String {
    let country = country::canonical(old.country.as_deref().unwrap_or("us"));
    if country::is_known(&country) {
        return country;
    }
    if !country.is_empty() {
        misfits.push((
            format!("its country {country:?} is none of ISO 3166: it is taken for the United States"),
            "set country: PATCH /v1/campaigns/{id}",
        ));
    }
    "us".to_owned()
}

/// Type and subtype; words of older versions of CallPower too.
fn kind_of(old: &OldCampaign, country: &str, misfits: &mut Vec<Misfit>) -> (String, Subtype) {
    let old_kind = word(old.kind.as_deref());
    let kind = match old_kind.as_str() {
        "" => "custom",
        known if country::campaign_types(country).contains(&known) => known,
        other => {
            misfits.push((
                format!("there is no type {other:?} in country {country}: it has its own list alone"),
                "bring its officials in (trunkline import officials) and set type and segment_by",
            ));
            "custom"
        }
    };
    let subtype = match word(old.subtype.as_deref()).as_str() {
        "upper" | "senate" => Subtype::Upper,
        "lower" | "house" => Subtype::Lower,
        "exec" | "governor" | "president" => Subtype::Exec,
        "" | "both" | "office" => Subtype::Both,
        other => {
            misfits.push((
                format!("its subtype {other:?} is not known: both chambers are called"),
                "set subtype: PATCH /v1/campaigns/{id}",
            ));
            Subtype::Both
        }
    };
    (kind.to_owned(), subtype)
}

/// Where targets come from, and by what; the type may become `custom`.
fn places_of(
    old: &OldCampaign,
    kind: String,
    subtype: Subtype,
    has_list: bool,
    misfits: &mut Vec<Misfit>,
) -> (SegmentBy, LocateBy, String) {
    let segment = word(old.segment_by.as_deref());
    let is_office = word(old.subtype.as_deref()) == "office";
    let by_place = match segment.as_str() {
        "location" => true,
        // Who leads a country is the same from everywhere, and needs no list.
        _ => !has_list && kind == "executive" && subtype == Subtype::Exec,
    };
    if !by_place || is_office {
        return (SegmentBy::Custom, LocateBy::None, kind);
    }
    if kind == "custom" {
        misfits.push((
            "it looks up the caller's place, but its type has a list of its own: it calls that list"
                .to_owned(),
            "set type and segment_by: PATCH /v1/campaigns/{id}",
        ));
        return (SegmentBy::Custom, LocateBy::None, kind);
    }
    let locate_by = match word(old.locate_by.as_deref()).as_str() {
        "postal" => LocateBy::Postal,
        "address" => LocateBy::Address,
        "latlon" | "latlng" => LocateBy::LatLon,
        "district" => LocateBy::District,
        "" => LocateBy::None,
        other => {
            misfits.push((
                format!("it looks places up by {other:?}, which is not known: no place is asked for"),
                "set locate_by: PATCH /v1/campaigns/{id}",
            ));
            LocateBy::None
        }
    };
    (SegmentBy::Location, locate_by, kind)
}

fn settings_of(
    old: &OldCampaign,
    subtype: Subtype,
    segment_by: SegmentBy,
    has_list: bool,
    misfits: &mut Vec<Misfit>,
) -> Settings {
    let defaults = Settings::default();
    let include_special = match word(old.include_special.as_deref()).as_str() {
        "" => None,
        // The word of CallPower before its version 1.3.
        "last" => Some(IncludeSpecial::After),
        other => IncludeSpecial::parse(other),
    };
    let call_maximum = old.call_maximum.filter(|most| (1..=MAX_CALLS).contains(most));
    let mut settings = Settings {
        subtype,
        target_ordering: ordering_of(old, misfits),
        target_shuffle_chamber: old.target_shuffle_chamber.unwrap_or(true),
        target_offices: match word(old.target_offices.as_deref()).as_str() {
            "" => TargetOffices::Main,
            other => TargetOffices::parse(other).unwrap_or(TargetOffices::Main),
        },
        include_special: include_special.filter(|_| segment_by == SegmentBy::Location && has_list),
        call_maximum: call_maximum.and_then(|most| u32::try_from(most).ok()),
        allow_intl_calls: old.allow_intl_calls.unwrap_or(false),
        prompt_schedule: old.prompt_schedule.unwrap_or(false),
        ..defaults
    };
    embed_of(old, &mut settings, misfits);
    settings
}

fn ordering_of(old: &OldCampaign, misfits: &mut Vec<Misfit>) -> Ordering {
    match word(old.target_ordering.as_deref()).as_str() {
        "" => Ordering::InOrder,
        "senate-first" => Ordering::UpperFirst,
        "house-first" => Ordering::LowerFirst,
        other => Ordering::parse(other).unwrap_or_else(|| {
            misfits.push((
                format!("its order {other:?} is not known: targets are called as they stand"),
                "set target_ordering: PATCH /v1/campaigns/{id}",
            ));
            Ordering::InOrder
        }),
    }
}

/// What the form on the page does; the script and the page that follows are settings of their own here.
fn embed_of(old: &OldCampaign, settings: &mut Settings, misfits: &mut Vec<Misfit>) {
    let options = old.embed.as_deref().unwrap_or("null");
    let options = match serde_json::from_str(options) {
        Ok(Value::String(inner)) => serde_json::from_str(&inner).unwrap_or(Value::Null),
        Ok(value) => value,
        Err(_) => Value::Null,
    };
    let Value::Object(options) = &options else { return };
    let text = |name: &str| {
        options
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
    };
    let (script, redirect) = (text("script"), text("redirect"));
    if script.chars().count() <= MAX_TEXT_CHARS {
        script.clone_into(&mut settings.script);
    } else {
        misfits.push((
            format!("its script is longer than {MAX_TEXT_CHARS} characters"),
            "set a shorter script: PATCH /v1/campaigns/{id}",
        ));
    }
    if is_web_address(redirect) {
        redirect.clone_into(&mut settings.redirect);
    } else if !redirect.is_empty() {
        misfits.push((
            "the address that its form goes to afterwards is no web address".to_owned(),
            "set redirect: PATCH /v1/campaigns/{id}",
        ));
    }
    match embed::read(options) {
        Some(embed) => settings.embed = embed,
        None => misfits.push((
            "the options of its form are longer than we take".to_owned(),
            "set embed: PATCH /v1/campaigns/{id}",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut OldCampaign), has_list: bool, expected: &str) {
        let mut old = OldCampaign {
            id: 7,
            name: Some("a".to_owned()),
            country: Some("US".to_owned()),
            status_code: Some(1),
            ..OldCampaign::default()
        };
        change(&mut old);
        let (row, misfits) = map(&old, "id".to_owned(), has_list, 5);
        let s = &row.settings;
        let said = format!(
            "{} {} {} {} {} {} {} special={} misfits={}",
            row.country,
            row.kind,
            s.subtype,
            row.segment_by,
            row.locate_by,
            s.target_ordering,
            s.target_offices,
            s.include_special.map_or("-", IncludeSpecial::as_str),
            misfits.len()
        );
        assert_eq!(said, expected);
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn nulls_are_a_campaign_with_a_list() {
        check(
            |_| {},
            false,
            "us custom both custom none in-order main special=- misfits=0",
        );
    }

    #[test]
    fn congress_by_zip() {
        let congress = |old: &mut OldCampaign| {
            old.kind = some("congress");
            old.subtype = some("upper");
            old.segment_by = some("location");
            old.locate_by = some("postal");
            old.target_ordering = some("democrats-first");
            old.include_special = some("before");
            old.target_offices = some("district");
        };
        check(
            congress,
            true,
            "us congress upper location postal democrats-first district special=before misfits=0",
        );
        check(
            congress,
            false,
            "us congress upper location postal democrats-first district special=- misfits=0",
        );
    }

    #[test]
    fn words_of_older_versions() {
        check(
            |old| {
                old.kind = some("state");
                old.subtype = some("governor");
                old.segment_by = some("location");
                old.locate_by = some("latlng");
                old.target_ordering = some("senate-first");
                old.include_special = some("last");
            },
            true,
            "us state exec location latlon upper-first main special=after misfits=0",
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        check(
            |old| {
                old.country = some("eu");
                old.kind = some("parliament");
                old.subtype = some("mep");
                old.target_ordering = some("alphabetical");
            },
            true,
            "us custom both custom none in-order main special=- misfits=4",
        );
        check(
            |old| {
                old.kind = some("custom");
                old.segment_by = some("location");
            },
            true,
            "us custom both custom none in-order main special=- misfits=1",
        );
    }

    #[test]
    fn an_executive_without_a_list_is_looked_up() {
        let executive = |old: &mut OldCampaign| {
            old.kind = some("executive");
            old.subtype = some("exec");
        };
        check(
            executive,
            false,
            "us executive exec location none in-order main special=- misfits=0",
        );
        check(
            executive,
            true,
            "us executive exec custom none in-order main special=- misfits=0",
        );
    }

    #[test]
    fn script_and_redirect_come_out_of_the_embed_options() {
        let old = OldCampaign {
            id: 7,
            embed: some(r##"{"script":"<p>Say</p>","redirect":"https://example.org/","form_sel":"#f"}"##),
            ..OldCampaign::default()
        };
        let (row, _) = map(&old, "id".to_owned(), false, 5);
        assert_eq!(row.settings.script, "<p>Say</p>");
        assert_eq!(row.settings.redirect, "https://example.org/");
        assert_eq!(row.settings.embed.form, "#f");
        assert_eq!(row.name, "CallPower 7");
    }
}

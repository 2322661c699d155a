//! A campaign as clients write it: some fields that are searched for, and the settings beside them, all in one object.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::super::extract::body::{object, read};
use super::super::problem::{Checks, Problem};
use super::super::valid;
use super::embed;
use crate::campaign;
use crate::daily;
use crate::guards::country;
use crate::places::{self, Missing};
use crate::runtime::App;
use crate::store;
use crate::store::campaigns::{CampaignStatus, LocateBy, SegmentBy, Settings};

/// Most entries of a list of countries, prefixes or origins.
const MAX_LIST: usize = 1_000;
/// Shortest and longest of every timer.
const TIMER_MS: std::ops::RangeInclusive<u64> = 100..=86_400_000;
/// Most tries, targets, calls at once and days.
const MAX_COUNT: u32 = 100_000;

/// Fields that are not settings.
const OWN_FIELDS: [&str; 6] = ["name", "country", "type", "segment_by", "locate_by", "language"];

/// A campaign as it is created or replaced. A new one is paused.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "the shape in the OpenAPI document; `CampaignInput` reads it"
)]
pub(crate) struct CampaignFields {
    /// Unique; `/call/create` takes it in place of the id.
    #[schema(example = "save the library")]
    name: String,
    /// ISO 3166; `uk` and `ir` are taken for `gb` and `ie`.
    #[schema(required = false, default = "us")]
    country: String,
    /// What targets are: `custom`, or for `us` executive, congress, state, local, for `ca` executive, parliament, province, local; for a
    /// location, any role that was imported.
    #[schema(required = false, default = "custom")]
    r#type: String,
    /// Where targets come from: `custom`, the campaign's own list, or `location`, whoever speaks for the caller's place.
    #[schema(required = false, default = "custom")]
    segment_by: SegmentBy,
    /// What a location is looked up by.
    #[schema(required = false, default = "none")]
    locate_by: LocateBy,
    /// BCP 47 tag of the prompts.
    #[schema(required = false, default = "en", example = "es-MX")]
    language: String,
    #[serde(flatten)]
    settings: Settings,
}

/// A campaign as it was sent.
pub(crate) struct CampaignInput {
    own: Own,
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    name: String,
    #[serde(default = "us")]
    country: String,
    #[serde(default = "custom", rename = "type")]
    kind: String,
    #[serde(default = "by_list")]
    segment_by: SegmentBy,
    #[serde(default = "by_nothing")]
    locate_by: LocateBy,
    #[serde(default = "en")]
    language: String,
}

fn us() -> String {
    "us".to_owned()
}
fn custom() -> String {
    "custom".to_owned()
}
fn en() -> String {
    "en".to_owned()
}
fn by_list() -> SegmentBy {
    SegmentBy::Custom
}
fn by_nothing() -> LocateBy {
    LocateBy::None
}

impl CampaignInput {
    /// Reads the object. Two structs read its two halves, so that each wrong field is pointed at.
    pub(in super::super) fn read(body: Value) -> Result<CampaignInput, Problem> {
        let fields = object(body)?;
        let known = serde_json::to_value(Settings::default()).unwrap_or_default();
        let (own, settings): (Map<String, Value>, Map<String, Value>) = fields
            .into_iter()
            .partition(|(name, _)| OWN_FIELDS.contains(&name.as_str()));
        let mut checks = Checks::default();
        unknown(&mut checks, "", &settings, &known);
        checks.finish()?;
        Ok(CampaignInput {
            own: read(Value::Object(own))?,
            settings: read(Value::Object(settings))?,
        })
    }

    /// What a merge patch is put over.
    pub(in super::super) fn current(row: &store::campaigns::Campaign) -> Value {
        whole(
            &row.settings,
            json!({
                "name": row.name, "country": row.country, "type": row.kind, "segment_by": row.segment_by,
                "locate_by": row.locate_by, "language": row.language,
            }),
        )
    }

    /// With the names of its countries as we write them, and everything right that can be told without the database.
    pub(in super::super) fn checked(mut self) -> Result<CampaignInput, Problem> {
        self.own.country = country::canonical(&self.own.country);
        for allowed in &mut self.settings.allowed_countries {
            *allowed = country::canonical(allowed);
        }
        let mut checks = Checks::default();
        self.check(&mut checks);
        check_settings(&mut checks, &self.settings);
        checks.require(
            self.settings.include_special.is_none() || self.own.segment_by == SegmentBy::Location,
            "/include_special",
            "means something only with segment_by location",
        );
        checks.finish()?;
        Ok(self)
    }

    /// The whole object, as a client would write it.
    pub(in super::super) fn value(self) -> Value {
        let Own {
            name,
            country,
            kind,
            segment_by,
            locate_by,
            language,
        } = self.own;
        whole(
            &self.settings,
            json!({
                "name": name, "country": country, "type": kind, "segment_by": segment_by, "locate_by": locate_by,
                "language": language,
            }),
        )
    }

    /// The row to write, over the one before.
    pub(super) fn row(
        self,
        app: &App,
        before: Option<store::campaigns::Campaign>,
    ) -> Result<store::campaigns::Campaign, Problem> {
        let input = self.checked()?;
        let now = app.clock().now_ms();
        let before = before.unwrap_or_else(|| store::campaigns::Campaign {
            id: app.clock().new_id().to_string(),
            name: String::new(),
            status: CampaignStatus::Paused,
            country: String::new(),
            kind: String::new(),
            segment_by: SegmentBy::Custom,
            locate_by: LocateBy::None,
            language: String::new(),
            settings: Settings::default(),
            created_at: now,
            updated_at: now,
            launched_at: None,
            archived_at: None,
        });
        Ok(store::campaigns::Campaign {
            name: input.own.name,
            country: input.own.country,
            kind: input.own.kind,
            segment_by: input.own.segment_by,
            locate_by: input.own.locate_by,
            language: input.own.language,
            settings: input.settings,
            updated_at: now,
            ..before
        })
    }

    fn check(&self, checks: &mut Checks) {
        let own = &self.own;
        valid::name(checks, "/name", &own.name);
        checks.require(
            country::is_known(&own.country),
            "/country",
            "expected a country of ISO 3166, for example us",
        );
        match own.segment_by {
            SegmentBy::Custom => {
                valid::word(checks, "/type", &own.kind, country::campaign_types(&own.country));
                checks.require(
                    own.locate_by == LocateBy::None,
                    "/locate_by",
                    "means something only with segment_by location: use none",
                );
            }
            // Which types there are is told by the data; see `resolvable`.
            SegmentBy::Location => checks.require(
                own.kind != "custom",
                "/type",
                "expected whom a location is looked up for, for example congress; custom has a list of its own",
            ),
        }
        checks.require(is_language(&own.language), "/language", valid::LANGUAGE);
    }
}

/// Settings and own fields, in one object.
fn whole(settings: &Settings, own: Value) -> Value {
    let mut fields = serde_json::to_value(settings).unwrap_or_default();
    if let (Value::Object(fields), Value::Object(own)) = (&mut fields, own) {
        fields.extend(own);
    }
    fields
}

/// Refuses a campaign whose locations can never be resolved with the data that are here.
pub(super) async fn resolvable(app: &App, row: &store::campaigns::Campaign) -> Result<(), Problem> {
    let missing = places::missing(app.db(), campaign::geocoder(app).is_some(), row).await?;
    let (pointer, what) = match missing {
        None => return Ok(()),
        Some(Missing::Officials) => (
            "/type",
            format!(
                "nobody of type {} is known in country {}: bring the data in first (trunkline import)",
                row.kind, row.country
            ),
        ),
        Some(Missing::PostalCodes) => (
            "/locate_by",
            format!(
                "no postal codes of country {} are known: bring them in first (trunkline import), or use district",
                row.country
            ),
        ),
        Some(Missing::Geocoder) => (
            "/locate_by",
            "addresses and points need a geocoder: set [geocoder] url, or use postal or district".to_owned(),
        ),
        Some(Missing::Place) => (
            "/locate_by",
            "these officials differ from place to place: use postal, district, address or latlon".to_owned(),
        ),
    };
    Err(Problem::field(pointer, what))
}

fn check_settings(checks: &mut Checks, s: &Settings) {
    let counts = [
        ("/call_maximum", s.call_maximum.unwrap_or(1)),
        ("/locate_tries", s.locate_tries),
        ("/max_per_number", s.max_per_number),
        ("/limits/phone_per_hour", s.limits.phone_per_hour),
        ("/limits/phone_per_day", s.limits.phone_per_day),
        ("/limits/ip_per_hour", s.limits.ip_per_hour),
        ("/limits/sessions_per_day", s.limits.sessions_per_day.unwrap_or(1)),
    ];
    for (pointer, count) in counts {
        checks.require(
            (1..=MAX_COUNT).contains(&count),
            pointer,
            format!("expected a number from 1 to {MAX_COUNT}"),
        );
    }
    let t = &s.timers;
    let timers = [
        ("/timers/ring_caller_ms", t.ring_caller_ms),
        ("/timers/confirm_ms", t.confirm_ms),
        ("/timers/locate_ms", t.locate_ms),
        ("/timers/schedule_ms", t.schedule_ms),
        ("/timers/ring_target_ms", t.ring_target_ms),
        ("/timers/talk_ms", t.talk_ms),
        ("/timers/extension_pause_ms", t.extension_pause_ms),
        ("/timers/session_ms", t.session_ms),
    ];
    for (pointer, ms) in timers {
        checks.require(
            TIMER_MS.contains(&ms),
            pointer,
            format!("expected {} to {} milliseconds", TIMER_MS.start(), TIMER_MS.end()),
        );
    }
    check_lists(checks, s);
    valid::line(checks, "/organization", &s.organization);
    valid::voice(checks, &s.voice);
    checks.require(
        s.time_zone.is_empty() || daily::is_zone(&s.time_zone),
        "/time_zone",
        "expected a time zone, for example America/Chicago, or nothing",
    );
    valid::text(checks, "/script", &s.script);
    checks.require(
        s.redirect.is_empty() || is_web_address(&s.redirect),
        "/redirect",
        "expected a web address, https://…, or nothing",
    );
    embed::check(checks, &s.embed);
}

fn check_lists(checks: &mut Checks, s: &Settings) {
    for (n, allowed) in s.allowed_countries.iter().take(MAX_LIST).enumerate() {
        checks.require(
            country::is_known(allowed),
            &format!("/allowed_countries/{n}"),
            "expected a country of ISO 3166, for example us",
        );
    }
    for (n, prefix) in s.denied_prefixes.iter().take(MAX_LIST).enumerate() {
        checks.require(
            valid::is_prefix(prefix) && prefix.len() > 1,
            &format!("/denied_prefixes/{n}"),
            "expected + and digits, for example +1900",
        );
    }
    for (n, origin) in s.origins.iter().take(MAX_LIST).enumerate() {
        checks.require(
            origin == "*" || is_origin(origin),
            &format!("/origins/{n}"),
            "expected an origin without a path, https://www.example.org, or *",
        );
    }
    for (pointer, len) in [
        ("/allowed_countries", s.allowed_countries.len()),
        ("/denied_prefixes", s.denied_prefixes.len()),
        ("/origins", s.origins.len()),
    ] {
        checks.require(
            len <= MAX_LIST,
            pointer,
            format!("expected at most {MAX_LIST} entries"),
        );
    }
}

/// Settings that no campaign has, wherever they stand.
fn unknown(checks: &mut Checks, at: &str, given: &Map<String, Value>, known: &Value) {
    for (name, value) in given {
        let pointer = format!("{at}/{name}");
        match (value, known.get(name)) {
            (_, None) => checks.wrong(&pointer, "a campaign has no such field, or it cannot be set"),
            (Value::Object(inner), Some(known @ Value::Object(_))) => unknown(checks, &pointer, inner, known),
            (_, Some(Value::Object(_))) => checks.wrong(&pointer, "expected an object"),
            (_, Some(_)) => {}
        }
    }
}

/// A BCP 47 tag, as far as its form goes.
pub(crate) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
        && tag.len() <= 35
}

/// Whether a text is an address of the web.
pub(crate) fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

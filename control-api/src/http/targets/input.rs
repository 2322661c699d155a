//! A target as clients write it, and what is right for each field.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::problem::{Checks, Problem};
use super::super::valid;
use crate::runtime::App;
use crate::store;
use crate::store::targets::OfficeKind;

/// Most offices of one target.
const MAX_OFFICES: usize = 100;
/// Most characters of a key.
const MAX_KEY_CHARS: usize = 200;
/// Most keys of an extension.
const MAX_EXTENSION_CHARS: usize = 32;
/// Most bytes of `data` and of opening hours, as JSON.
const MAX_DATA_BYTES: usize = 16 * 1024;

/// A target as it is created or replaced.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetInput {
    /// Unique: `us:bioguide:S000148`. One of its own (`custom:…`) when left out.
    #[serde(default)]
    key: Option<String>,
    /// Spoken before the name.
    #[serde(default)]
    #[schema(example = "Senator")]
    title: String,
    /// Whole name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// How the name is said to callers, where its spelling misleads: `Ko-see-OOS-ko`. Left out, as it is written.
    #[serde(default)]
    pronunciation: String,
    /// `NY`, `KY-1`.
    #[serde(default)]
    district: String,
    /// Where the main office is.
    #[serde(default)]
    location: String,
    /// Main number, E.164. A target without a number is passed over.
    #[serde(default)]
    #[schema(example = "+12025550111")]
    phone: Option<String>,
    /// Keys to send after answer: `0-9 * #`, and `,` for a pause of a second.
    #[serde(default)]
    extension: String,
    /// Party, chamber and whatever else you keep with it.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Value,
    /// More places to reach it at, nearest first.
    #[serde(default)]
    offices: Vec<Office>,
}

/// One more place to reach a target at.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Office {
    /// Unique within the target.
    uid: String,
    /// For people.
    #[serde(default)]
    name: String,
    /// `main` or `district`.
    #[serde(default = "district", rename = "type")]
    kind: OfficeKind,
    /// Street, town, code.
    #[serde(default)]
    address: String,
    /// Degrees north.
    #[serde(default)]
    lat: Option<f64>,
    /// Degrees east.
    #[serde(default)]
    lon: Option<f64>,
    /// E.164.
    #[serde(default)]
    phone: Option<String>,
    /// Keys to send after answer.
    #[serde(default)]
    extension: String,
    /// Opening hours: `{"mon": ["09:00-17:00"]}`; null when not known.
    #[serde(default)]
    #[schema(value_type = Object)]
    hours: Value,
    /// IANA name: `America/New_York`.
    #[serde(default)]
    time_zone: String,
}

fn district() -> OfficeKind {
    OfficeKind::District
}

impl From<store::targets::Office> for Office {
    fn from(o: store::targets::Office) -> Office {
        Office {
            uid: o.uid,
            name: o.name,
            kind: o.kind,
            address: o.address,
            lat: o.lat,
            lon: o.lon,
            phone: o.phone,
            extension: o.extension,
            hours: o.hours,
            time_zone: o.time_zone,
        }
    }
}

impl TargetInput {
    /// What a merge patch is put over.
    pub(in super::super) fn current(
        row: &store::targets::Target,
        offices: Vec<store::targets::Office>,
    ) -> Value {
        let offices: Vec<Office> = offices.into_iter().map(Office::from).collect();
        json!({
            "key": row.key, "title": row.title, "name": row.name, "pronunciation": row.pronunciation, "district": row.district, "location": row.location,
            "phone": row.phone, "extension": row.extension, "data": row.data, "offices": offices,
        })
    }

    /// The rows to write, over the one before.
    pub(super) fn rows(
        self,
        app: &App,
        before: Option<store::targets::Target>,
    ) -> Result<(store::targets::Target, Vec<store::targets::Office>), Problem> {
        self.check()?;
        let now = app.clock().now_ms();
        let (id, created_at, old_key) = match before {
            Some(before) => (before.id, before.created_at, Some(before.key)),
            None => (app.clock().new_id().to_string(), now, None),
        };
        let key = self.key.or(old_key).unwrap_or_else(|| format!("custom:{id}"));
        let offices = self.offices.into_iter().map(|o| o.row(&id)).collect();
        let row = store::targets::Target {
            id,
            key,
            title: self.title,
            name: self.name,
            pronunciation: self.pronunciation,
            district: self.district,
            location: self.location,
            phone: self.phone,
            extension: self.extension,
            data: self.data,
            created_at,
            updated_at: now,
        };
        Ok((row, offices))
    }

    /// What can be told without the database.
    pub(in super::super) fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        checks.require(
            self.key.as_deref().is_none_or(is_key),
            "/key",
            format!("expected 1 to {MAX_KEY_CHARS} letters, digits and : . _ - /, for example custom:mayor"),
        );
        valid::name(&mut checks, "/name", &self.name);
        valid::line(&mut checks, "/title", &self.title);
        valid::line(&mut checks, "/pronunciation", &self.pronunciation);
        valid::line(&mut checks, "/district", &self.district);
        valid::line(&mut checks, "/location", &self.location);
        valid::phone(&mut checks, "/phone", self.phone.as_deref());
        extension(&mut checks, "/extension", &self.extension);
        data(&mut checks, "/data", &self.data);
        checks.require(
            self.offices.len() <= MAX_OFFICES,
            "/offices",
            format!("expected at most {MAX_OFFICES} offices"),
        );
        for (n, office) in self.offices.iter().take(MAX_OFFICES).enumerate() {
            office.check(&mut checks, &format!("/offices/{n}"));
            checks.require(
                !self.offices[..n].iter().any(|other| other.uid == office.uid),
                &format!("/offices/{n}/uid"),
                "another office has the same uid",
            );
        }
        checks.finish()
    }
}

impl Office {
    fn row(self, target_id: &str) -> store::targets::Office {
        store::targets::Office {
            target_id: target_id.to_owned(),
            uid: self.uid,
            name: self.name,
            kind: self.kind,
            address: self.address,
            lat: self.lat,
            lon: self.lon,
            phone: self.phone,
            extension: self.extension,
            hours: self.hours,
            time_zone: self.time_zone,
        }
    }

    fn check(&self, checks: &mut Checks, at: &str) {
        valid::name(checks, &format!("{at}/uid"), &self.uid);
        valid::line(checks, &format!("{at}/name"), &self.name);
        valid::line(checks, &format!("{at}/address"), &self.address);
        valid::phone(checks, &format!("{at}/phone"), self.phone.as_deref());
        extension(checks, &format!("{at}/extension"), &self.extension);
        data(checks, &format!("{at}/hours"), &self.hours);
        let within = |degrees: Option<f64>, most: f64| degrees.is_none_or(|d| d.abs() <= most);
        checks.require(within(self.lat, 90.0), &format!("{at}/lat"), "expected -90 to 90");
        checks.require(
            within(self.lon, 180.0),
            &format!("{at}/lon"),
            "expected -180 to 180",
        );
        checks.require(
            self.time_zone.is_empty() || jiff::tz::TimeZone::get(&self.time_zone).is_ok(),
            &format!("{at}/time_zone"),
            "expected an IANA time zone, for example America/New_York",
        );
    }
}

/// Whether a text can be a target's key.
pub(crate) fn is_key(key: &str) -> bool {
    (1..=MAX_KEY_CHARS).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'_' | b'-' | b'/'))
}

fn extension(checks: &mut Checks, pointer: &str, keys: &str) {
    checks.require(
        keys.len() <= MAX_EXTENSION_CHARS
            && keys
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b',')),
        pointer,
        format!("expected at most {MAX_EXTENSION_CHARS} of 0-9, *, # and , (a pause of a second)"),
    );
}

fn data(checks: &mut Checks, pointer: &str, data: &Value) {
    checks.require(data.is_object() || data.is_null(), pointer, "expected an object");
    checks.require(
        data.to_string().len() <= MAX_DATA_BYTES,
        pointer,
        format!("expected at most {MAX_DATA_BYTES} bytes of JSON"),
    );
}

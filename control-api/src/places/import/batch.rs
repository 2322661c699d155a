//! The rows of one import, put together with each id once.

use std::collections::{BTreeMap, BTreeSet};

use phonenumber::Mode;
use serde_json::Value;

use crate::clock::Clock;
use crate::guards::country;
use crate::places::ocd;
use crate::store::divisions::{Division, PostalCode};
use crate::store::imports::Batch;
use crate::store::officials::{Chamber, Official, Party};
use crate::store::targets::{Office, OfficeKind, Target};

/// An official as an importer reads them; ids and times are added here.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) location: String,
    pub(super) phone: Option<String>,
    pub(super) extension: String,
    pub(super) data: Value,
    pub(super) division: String,
    pub(super) role: String,
    pub(super) chamber: Chamber,
    pub(super) party: Party,
    pub(super) offices: Vec<Office>,
}

/// Collects rows; what comes twice is kept once.
#[derive(Debug, Default)]
pub(super) struct Rows {
    sources: BTreeSet<String>,
    divisions: BTreeMap<String, Division>,
    postal_codes: BTreeSet<(String, String, String, String)>,
    officials: BTreeMap<String, (Official, Vec<Office>)>,
}

impl Rows {
    /// A source that is replaced even where nothing of it is left.
    pub(super) fn replaces(&mut self, source: &str) {
        self.sources.insert(source.to_owned());
    }

    pub(super) fn division(&mut self, source: &str, id: &str, name: &str, point: Option<(f64, f64)>) {
        self.replaces(source);
        let row = Division {
            id: id.to_owned(),
            country: ocd::country(id).unwrap_or_default().to_owned(),
            name: name.to_owned(),
            name_key: ocd::name_key(name),
            lat: point.map(|(lat, _)| lat),
            lon: point.map(|(_, lon)| lon),
            source: source.to_owned(),
        };
        self.divisions.insert(id.to_owned(), row);
    }

    /// `code` is in its canonical form.
    pub(super) fn postal_code(&mut self, source: &str, code: String, division: &str) {
        self.replaces(source);
        let country = ocd::country(division).unwrap_or_default().to_owned();
        self.postal_codes
            .insert((country, code, division.to_owned(), source.to_owned()));
    }

    /// `false` when somebody has the key already.
    pub(super) fn person(&mut self, clock: &Clock, source: &str, person: Person) -> bool {
        if self.officials.contains_key(&person.key) {
            return false;
        }
        self.replaces(source);
        let target = Target {
            id: clock.new_id().to_string(),
            key: person.key.clone(),
            title: person.title,
            name: person.name,
            pronunciation: String::new(),
            district: person.district,
            location: person.location,
            phone: person.phone,
            extension: person.extension,
            data: person.data,
            created_at: 0,
            updated_at: 0,
        };
        let official = Official {
            target,
            country: ocd::country(&person.division).unwrap_or_default().to_owned(),
            division_id: person.division,
            role: person.role,
            chamber: person.chamber,
            party: person.party,
            source: source.to_owned(),
        };
        self.officials.insert(person.key, (official, person.offices));
        true
    }

    /// The person of a key, to add to.
    pub(super) fn person_mut(&mut self, key: &str) -> Option<&mut (Official, Vec<Office>)> {
        self.officials.get_mut(key)
    }

    pub(super) fn has_person(&self, key: &str) -> bool {
        self.officials.contains_key(key)
    }

    pub(super) fn has_officials(&self) -> bool {
        !self.officials.is_empty()
    }

    pub(super) fn batch(self) -> Batch {
        let code = |(country, code, division_id, source)| PostalCode {
            country,
            code,
            division_id,
            source,
        };
        Batch {
            sources: self.sources.into_iter().collect(),
            divisions: self.divisions.into_values().collect(),
            postal_codes: self.postal_codes.into_iter().map(code).collect(),
            officials: self.officials.into_values().collect(),
        }
    }
}

/// An office beside the main number; the store knows whose it is.
pub(super) fn office(uid: String, name: String, address: String) -> Office {
    Office {
        target_id: String::new(),
        uid,
        name,
        kind: OfficeKind::District,
        address,
        lat: None,
        lon: None,
        phone: None,
        extension: String::new(),
        hours: Value::Null,
        time_zone: String::new(),
    }
}

/// E.164 and the keys of an extension, from a number as that country writes it.
pub(super) fn phone(written: &str, of_country: &str) -> Option<(String, String)> {
    let number = phonenumber::parse(country::plan(of_country), written.trim()).ok()?;
    if !number.is_valid() {
        return None;
    }
    let extension = number.extension().map(|e| AsRef::<str>::as_ref(e).to_owned());
    let digits = extension.unwrap_or_default();
    let e164 = number.format().mode(Mode::E164).to_string();
    // Some versions of the form carry the extension along.
    let e164: String = e164
        .chars()
        .take_while(|c| *c == '+' || c.is_ascii_digit())
        .collect();
    Some((e164, digits.chars().filter(char::is_ascii_digit).collect()))
}

/// The party that counts for the order of calls.
pub(super) fn party(name: &str) -> Party {
    let name = name.to_lowercase();
    // State parties have names of their own: Democratic-Farmer-Labor, Democratic-NPL.
    if name.starts_with("democrat") {
        Party::Democrat
    } else if name.starts_with("republican") {
        Party::Republican
    } else {
        Party::Other
    }
}

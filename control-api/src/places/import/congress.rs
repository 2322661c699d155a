//! The US Congress: legislators and their district offices as unitedstates/congress-legislators keeps them (YAML), and the table of ZIPs
//! to congressional districts (CSV: `state_abbr`, `zcta`, `cd`; at-large is 0).

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use serde_saphyr::Spanned;

use super::batch::{Person, Rows, office, party, phone};
use super::table::rows_of;
use super::us::State;
use super::{Import, ImportError, at, hours, read, yaml};
use crate::clock::Clock;
use crate::places::postal;
use crate::store::officials::{Chamber, Party};
use crate::store::targets::Office;

const SOURCE: &str = "us-congress";
/// Highest number of a district.
const MAX_DISTRICT: u32 = 99;

#[derive(Deserialize)]
struct Legislator {
    id: Ids,
    name: Name,
    terms: Vec<Spanned<Term>>,
}

#[derive(Deserialize)]
struct Ids {
    bioguide: Spanned<String>,
}

#[derive(Deserialize)]
struct Name {
    first: String,
    last: String,
    official_full: Option<String>,
}

#[derive(Deserialize)]
struct Term {
    r#type: String,
    state: String,
    district: Option<u32>,
    #[serde(default)]
    party: String,
    caucus: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
struct Offices {
    id: Ids,
    offices: Vec<Spanned<DistrictOffice>>,
}

#[derive(Deserialize)]
struct DistrictOffice {
    id: String,
    address: Option<String>,
    suite: Option<String>,
    building: Option<String>,
    city: String,
    state: String,
    zip: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    phone: Option<String>,
    hours: Option<String>,
}

#[derive(Deserialize)]
struct ZipRow {
    state_abbr: String,
    zcta: String,
    cd: String,
}

/// Reads the three files.
pub fn us_congress(
    legislators: &Path,
    offices: &Path,
    districts: &Path,
    clock: &Clock,
) -> Result<Import, ImportError> {
    let mut import = Import::default();
    let mut rows = Rows::default();
    let mut by_person = district_offices(offices, &mut import)?;
    let people: Vec<Legislator> = yaml(legislators, &read(legislators)?)?;
    for legislator in people {
        let key = legislator.id.bioguide.value.clone();
        let line = legislator.id.bioguide.referenced.line();
        let own = by_person.remove(&key).unwrap_or_default();
        let person = person(legislators, legislator, own, &mut import)?;
        if let Some(state) = State::of_division(&person.division) {
            rows.division(SOURCE, &state.division(), state.name, None);
        }
        rows.division(SOURCE, &person.division.clone(), &division_name(&person), None);
        if !rows.person(clock, SOURCE, person) {
            return Err(at(legislators, line, format!("{key} is there a second time")));
        }
    }
    if !rows.has_officials() {
        return Err(ImportError::Empty {
            file: legislators.to_owned(),
            what: "there is no legislator in it".to_owned(),
        });
    }
    for (key, _) in by_person {
        import.note(
            offices,
            1,
            &format!("offices of {key}, who is not among the legislators"),
        );
    }
    zips(districts, &mut rows)?;
    import.batch = rows.batch();
    Ok(import)
}

fn division_name(person: &Person) -> String {
    match person.chamber {
        // A senator's division is the state, which has a name of its own.
        Chamber::Upper => {
            State::of_division(&person.division).map_or_else(String::new, |s| s.name.to_owned())
        }
        Chamber::Lower | Chamber::Single | Chamber::Executive | Chamber::Other => person.district.clone(),
    }
}

fn person(
    file: &Path,
    legislator: Legislator,
    mut offices: Vec<Office>,
    import: &mut Import,
) -> Result<Person, ImportError> {
    let bioguide = legislator.id.bioguide;
    let line = bioguide.referenced.line();
    if !bioguide.value.bytes().all(|b| b.is_ascii_alphanumeric()) || bioguide.value.is_empty() {
        return Err(at(
            file,
            line,
            "bioguide: expected letters and digits, for example S000148",
        ));
    }
    let Some(term) = legislator.terms.into_iter().next_back() else {
        return Err(at(file, line, format!("{} has no terms", bioguide.value)));
    };
    let (line, term) = (term.referenced.line(), term.value);
    let state = State::find(&term.state)
        .ok_or_else(|| at(file, line, format!("there is no state {:?}", term.state)))?;
    let (chamber, title, division, district) = match (term.r#type.as_str(), term.district) {
        ("sen", _) => (Chamber::Upper, "Senator", state.division(), state.code.to_owned()),
        ("rep", Some(n)) if n <= MAX_DISTRICT => (
            Chamber::Lower,
            state.house_title(),
            state.congressional(n),
            format!("{}-{n}", state.code),
        ),
        ("rep", _) => {
            return Err(at(
                file,
                line,
                "district: expected 0 (at-large) to 99 in the last term",
            ));
        }
        (other, _) => {
            return Err(at(
                file,
                line,
                format!("type: expected sen or rep, got {other:?}"),
            ));
        }
    };
    let number = term.phone.as_deref().and_then(|written| phone(written, "us"));
    if number.is_none() {
        import.note(file, line, &format!("{} has no telephone number", bioguide.value));
    }
    let (number, extension) = number.unzip();
    offices.retain(|office| office.phone.is_some());
    let sits_with = term.caucus.as_deref().unwrap_or(&term.party);
    let full = format!("{} {}", legislator.name.first, legislator.name.last);
    Ok(Person {
        key: format!("us:bioguide:{}", bioguide.value),
        title: title.to_owned(),
        name: legislator.name.official_full.unwrap_or(full),
        district,
        location: "Washington, DC".to_owned(),
        phone: number,
        extension: extension.unwrap_or_default(),
        data: json!({
            "party": term.party, "caucus": term.caucus, "state": state.code, "chamber": chamber,
        }),
        division,
        role: "congress".to_owned(),
        chamber,
        party: match party(&term.party) {
            Party::Other => party(sits_with),
            known @ (Party::Democrat | Party::Republican) => known,
        },
        offices,
    })
}

fn district_offices(file: &Path, import: &mut Import) -> Result<HashMap<String, Vec<Office>>, ImportError> {
    let people: Vec<Offices> = yaml(file, &read(file)?)?;
    let mut by_person = HashMap::new();
    for person in people {
        let mut offices: Vec<Office> = Vec::with_capacity(person.offices.len());
        for written in person.offices {
            let line = written.referenced.line();
            let row = district_office(written.value);
            if offices.iter().any(|other| other.uid == row.uid) {
                import.note(file, line, &format!("{} is there a second time", row.uid));
                continue;
            }
            if row.phone.is_none() {
                import.note(file, line, &format!("{} has no telephone number", row.uid));
            }
            offices.push(row);
        }
        by_person.insert(person.id.bioguide.value, offices);
    }
    Ok(by_person)
}

fn district_office(written: DistrictOffice) -> Office {
    let state = State::find(&written.state);
    let parts = [
        written.address,
        written.building,
        written.suite,
        Some(written.city.clone()),
    ];
    let mut address: Vec<String> = parts.into_iter().flatten().filter(|p| !p.is_empty()).collect();
    let zip = written.zip.unwrap_or_default();
    address.push(format!("{} {zip}", written.state).trim().to_owned());
    let known = written.hours.as_deref().and_then(hours::read);
    let (open, zone) = known.unzip();
    let number = written.phone.as_deref().and_then(|p| phone(p, "us"));
    let (number, extension) = number.unzip();
    let point = written
        .latitude
        .zip(written.longitude)
        .filter(|(lat, lon)| lat.abs() <= 90.0 && lon.abs() <= 180.0);
    Office {
        lat: point.map(|(lat, _)| lat),
        lon: point.map(|(_, lon)| lon),
        phone: number,
        extension: extension.unwrap_or_default(),
        hours: open.unwrap_or_default(),
        time_zone: zone
            .flatten()
            .or(state.map(|s| s.time_zone))
            .unwrap_or_default()
            .to_owned(),
        ..office(written.id, written.city, address.join(", "))
    }
}

fn zips(file: &Path, rows: &mut Rows) -> Result<(), ImportError> {
    let text = read(file)?;
    let mut any = false;
    for row in rows_of::<ZipRow>(file, &text)? {
        let (line, row) = row?;
        any = true;
        let state = State::find(&row.state_abbr);
        let zip = postal::canonical("us", &row.zcta);
        let district = row.cd.parse::<u32>().ok().filter(|n| *n <= MAX_DISTRICT);
        let (Some(state), Some(zip), Some(district)) = (state, zip, district) else {
            let what = format!(
                "expected a state, a ZIP of five digits and a district, got {:?}, {:?}, {:?}",
                row.state_abbr, row.zcta, row.cd
            );
            return Err(at(file, line, what));
        };
        let division = state.congressional(district);
        rows.division(SOURCE, &state.division(), state.name, None);
        rows.division(SOURCE, &division, &format!("{}-{district}", state.code), None);
        rows.postal_code(SOURCE, zip, &division);
    }
    if any {
        return Ok(());
    }
    Err(ImportError::Empty {
        file: file.to_owned(),
        what: "there is no ZIP in it".to_owned(),
    })
}

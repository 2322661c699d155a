//! Plain CSV, for any country: divisions (with their postal codes, if you like) and officials (a line an office).

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::batch::{Person, Rows, office, party, phone};
use super::{Import, ImportError, at, hours, read};
use crate::clock::Clock;
use crate::places::{ocd, postal};
use crate::store::officials::Chamber;
use crate::store::targets::Office;

/// Longest text of a field, but for a list of postal codes.
const MAX_CHARS: usize = 500;

/// `id,name,lat,lon,postal_codes`; only the first two are required.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DivisionRow {
    id: String,
    name: String,
    lat: Option<f64>,
    lon: Option<f64>,
    /// Parted by `;` or spaces where the country's codes have none.
    #[serde(default)]
    postal_codes: String,
}

/// The first four are required. Lines with the same key add offices to the first of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficialRow {
    key: String,
    division: String,
    role: String,
    name: String,
    #[serde(default)]
    chamber: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    party: String,
    #[serde(default)]
    district: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    office_uid: String,
    #[serde(default)]
    office_name: String,
    #[serde(default)]
    office_address: String,
    office_lat: Option<f64>,
    office_lon: Option<f64>,
    #[serde(default)]
    office_phone: String,
    #[serde(default)]
    office_hours: String,
    #[serde(default)]
    office_time_zone: String,
}

/// Reads divisions. Each kind of division of a country (its states, its districts) is replaced as a whole.
pub fn divisions(file: &Path) -> Result<Import, ImportError> {
    let text = read(file)?;
    let mut rows = Rows::default();
    let mut any = false;
    for row in rows_of::<DivisionRow>(file, &text)? {
        let (line, row) = row?;
        any = true;
        let country = country(file, line, &row.id)?;
        check_point(file, line, row.lat, row.lon)?;
        let source = format!("divisions:{country}:{}", ocd::kind(&row.id));
        rows.division(&source, &row.id, &row.name, row.lat.zip(row.lon));
        for written in row
            .postal_codes
            .split(';')
            .map(str::trim)
            .filter(|c| !c.is_empty())
        {
            let code = postal::canonical(country, written)
                .ok_or_else(|| at(file, line, format!("{written:?} is no postal code of {country}")))?;
            rows.postal_code(&source, code, &row.id);
        }
    }
    finish(file, any, "there is no division in it", rows)
}

/// Reads officials. Each role of a country is replaced as a whole.
pub fn officials(file: &Path, clock: &Clock) -> Result<Import, ImportError> {
    let text = read(file)?;
    let mut rows = Rows::default();
    let mut any = false;
    for row in rows_of::<OfficialRow>(file, &text)? {
        let (line, row) = row?;
        any = true;
        let country = country(file, line, &row.division)?.to_owned();
        if !is_key(&row.key) {
            return Err(at(
                file,
                line,
                "key: expected letters, digits and : . _ - /, for example de:mdb:42",
            ));
        }
        if !is_role(&row.role) {
            return Err(at(
                file,
                line,
                "role: expected a word in lower case, for example parliament",
            ));
        }
        if row.name.is_empty() {
            return Err(at(file, line, "name: expected the whole name"));
        }
        let own = own_office(file, line, &row, &country)?;
        if let Some((_, offices)) = rows.person_mut(&row.key) {
            offices.extend(own);
            continue;
        }
        let source = format!("officials:{country}:{}", row.role);
        let person = person(file, line, row, own, &country)?;
        rows.person(clock, &source, person);
    }
    finish(file, any, "there is nobody in it", rows)
}

fn finish(file: &Path, any: bool, what: &str, rows: Rows) -> Result<Import, ImportError> {
    if !any {
        return Err(ImportError::Empty {
            file: file.to_owned(),
            what: what.to_owned(),
        });
    }
    Ok(Import {
        batch: rows.batch(),
        ..Import::default()
    })
}

fn person(
    file: &Path,
    line: u64,
    row: OfficialRow,
    own: Option<Office>,
    country: &str,
) -> Result<Person, ImportError> {
    let chamber = match row.chamber.as_str() {
        "" => Chamber::Single,
        word => Chamber::parse(word).ok_or_else(|| {
            at(
                file,
                line,
                format!("chamber: expected upper, lower, single, executive or other, got {word:?}"),
            )
        })?,
    };
    let number = number(file, line, "phone", &row.phone, country)?;
    let (number, extension) = number.unzip();
    Ok(Person {
        party: party(&row.party),
        key: row.key,
        title: row.title,
        name: row.name,
        district: row.district,
        location: row.location,
        phone: number,
        extension: extension.unwrap_or_default(),
        data: json!({"party": row.party, "chamber": chamber}),
        division: row.division,
        role: row.role,
        chamber,
        offices: own.into_iter().collect(),
    })
}

fn own_office(
    file: &Path,
    line: u64,
    row: &OfficialRow,
    country: &str,
) -> Result<Option<Office>, ImportError> {
    if row.office_uid.is_empty() {
        return Ok(None);
    }
    check_point(file, line, row.office_lat, row.office_lon)?;
    if !row.office_time_zone.is_empty() && jiff::tz::TimeZone::get(&row.office_time_zone).is_err() {
        return Err(at(
            file,
            line,
            "office_time_zone: expected an IANA zone, for example Europe/Berlin",
        ));
    }
    let (open, zone) = match row.office_hours.as_str() {
        "" => (Value::Null, None),
        text => hours::read(text).ok_or_else(|| {
            at(
                file,
                line,
                format!(
                    "office_hours: expected days and hours, for example mon-fri 09:00-17:00, got {text:?}"
                ),
            )
        })?,
    };
    let zone = zone.unwrap_or_default();
    let (number, extension) = number(file, line, "office_phone", &row.office_phone, country)?.unzip();
    Ok(Some(Office {
        lat: row.office_lat,
        lon: row.office_lon,
        phone: number,
        extension: extension.unwrap_or_default(),
        hours: open,
        time_zone: if row.office_time_zone.is_empty() {
            zone
        } else {
            &row.office_time_zone
        }
        .to_owned(),
        ..office(
            row.office_uid.clone(),
            row.office_name.clone(),
            row.office_address.clone(),
        )
    }))
}

fn number(
    file: &Path,
    line: u64,
    column: &str,
    written: &str,
    country: &str,
) -> Result<Option<(String, String)>, ImportError> {
    match written {
        "" => Ok(None),
        written => phone(written, country).map(Some).ok_or_else(|| {
            at(
                file,
                line,
                format!("{column}: this is no telephone number of {country}"),
            )
        }),
    }
}

fn country<'a>(file: &Path, line: u64, division: &'a str) -> Result<&'a str, ImportError> {
    ocd::country(division)
        .filter(|_| ocd::is_id(division))
        .ok_or_else(|| {
            at(
                file,
                line,
                format!(
                    "{division:?} is no Open Civic Data id, for example ocd-division/country:us/state:ky"
                ),
            )
        })
}

fn check_point(file: &Path, line: u64, lat: Option<f64>, lon: Option<f64>) -> Result<(), ImportError> {
    let right = lat.is_some() == lon.is_some()
        && lat.is_none_or(|lat| lat.abs() <= 90.0)
        && lon.is_none_or(|lon| lon.abs() <= 180.0);
    if right {
        Ok(())
    } else {
        Err(at(
            file,
            line,
            "lat, lon: expected -90 to 90 and -180 to 180, both or neither",
        ))
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 200
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'_' | b'-' | b'/'))
}

fn is_role(role: &str) -> bool {
    !role.is_empty() && role.len() <= 40 && role.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// The rows of a CSV with a header, each with its line.
pub(super) fn rows_of<'a, T: DeserializeOwned + 'a>(
    file: &'a Path,
    text: &'a str,
) -> Result<impl Iterator<Item = Result<(u64, T), ImportError>> + 'a, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = table.headers().map_err(|e| csv_error(file, &e))?.clone();
    Ok(table.into_records().map(move |record| {
        let record = record.map_err(|e| csv_error(file, &e))?;
        let line = record.position().map_or(0, csv::Position::line);
        // A list of postal codes may be long, and is looked at code by code.
        let is_list = |column: usize| header.get(column) == Some("postal_codes");
        let long = record
            .iter()
            .enumerate()
            .find(|(column, field)| field.len() > MAX_CHARS && !is_list(*column));
        if let Some((column, _)) = long {
            let name = header.get(column).unwrap_or_default();
            return Err(at(file, line, format!("{name}: longer than {MAX_CHARS} bytes")));
        }
        let row = record
            .deserialize(Some(&header))
            .map_err(|e| at(file, line, csv_reason(&e)))?;
        Ok((line, row))
    }))
}

fn csv_error(file: &Path, error: &csv::Error) -> ImportError {
    let line = error.position().map_or(1, csv::Position::line);
    at(file, line, csv_reason(error))
}

/// The reason without the position, which stands before it.
fn csv_reason(error: &csv::Error) -> String {
    if let csv::ErrorKind::Deserialize { err, .. } = error.kind() {
        err.to_string()
    } else {
        error.to_string()
    }
}

//! Canadian representatives as OpenNorth's Represent answers (JSON): a list of representatives, the answer for a postal code, or an
//! array of such answers. Answers for postal codes also say which districts a code lies in.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::batch::{Person, Rows, office, party, phone};
use super::{Import, ImportError, at, read};
use crate::clock::Clock;
use crate::places::{ocd, postal};
use crate::store::officials::Chamber;
use crate::store::targets::{Office, OfficeKind};

/// Beginnings of the names of provincial sets, with the province's code.
const PROVINCES: [(&str, &str); 13] = [
    ("alberta", "ab"),
    ("british-columbia", "bc"),
    ("manitoba", "mb"),
    ("new-brunswick", "nb"),
    ("newfoundland-and-labrador", "nl"),
    ("northwest-territories", "nt"),
    ("nova-scotia", "ns"),
    ("nunavut", "nu"),
    ("ontario", "on"),
    ("prince-edward-island", "pe"),
    ("quebec", "qc"),
    ("saskatchewan", "sk"),
    ("yukon", "yt"),
];

#[derive(Deserialize)]
struct Representative {
    name: String,
    #[serde(default)]
    district_name: String,
    #[serde(default)]
    elected_office: String,
    #[serde(default)]
    party_name: String,
    #[serde(default)]
    offices: Vec<Place>,
    #[serde(default)]
    related: Related,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    tel: String,
    #[serde(default)]
    postal: String,
}

#[derive(Default, Deserialize)]
struct Related {
    #[serde(default)]
    boundary_url: String,
    #[serde(default)]
    representative_set_url: String,
}

/// One of the answers, whichever it is.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    objects: Vec<Value>,
    #[serde(default)]
    representatives_centroid: Vec<Value>,
    #[serde(default)]
    representatives_concordance: Vec<Value>,
}

/// Reads a file.
pub fn opennorth(file: &Path, clock: &Clock) -> Result<Import, ImportError> {
    let text = read(file)?;
    let json: Value = serde_json::from_str(&text).map_err(|e| at(file, e.line() as u64, e.to_string()))?;
    let answers = if let Value::Array(answers) = json {
        answers
    } else {
        vec![json]
    };
    let mut import = Import::default();
    let mut rows = Rows::default();
    for answer in answers {
        let answer: Answer = serde_json::from_value(answer).map_err(|e| at(file, 1, e.to_string()))?;
        let code = match answer.code.as_str() {
            "" => None,
            written => {
                let code = postal::canonical("ca", written);
                Some(code.ok_or_else(|| at(file, 1, format!("{written:?} is no Canadian postal code")))?)
            }
        };
        // A code on a border is in one district by its centre and in several by its addresses: all of them count.
        let people = [
            answer.objects,
            answer.representatives_centroid,
            answer.representatives_concordance,
        ];
        for one in people.into_iter().flatten() {
            let one: Representative = serde_json::from_value(one).map_err(|e| at(file, 1, e.to_string()))?;
            add(file, one, code.as_ref(), &mut rows, &mut import, clock);
        }
    }
    if !rows.has_officials() {
        return Err(ImportError::Empty {
            file: file.to_owned(),
            what: "there is no representative in it: expected \"objects\" or the answer for a postal code"
                .to_owned(),
        });
    }
    import.batch = rows.batch();
    Ok(import)
}

fn add(
    file: &Path,
    one: Representative,
    code: Option<&String>,
    rows: &mut Rows,
    import: &mut Import,
    clock: &Clock,
) {
    let set = last_part(&one.related.representative_set_url).to_owned();
    let (Some(division), false) = (division(&one.related.boundary_url), set.is_empty()) else {
        import.note(file, 1, &format!("{} has no boundary or no set", one.name));
        return;
    };
    let source = format!("opennorth:{set}");
    rows.division(&source, &division, &one.district_name, None);
    if let Some(code) = code {
        rows.postal_code(&source, code.clone(), &division);
    }
    let (role, chamber, title) = seat(&one.elected_office);
    let (main, offices) = numbers(&one.offices);
    if main.is_none() {
        import.note(file, 1, &format!("{} has no telephone number", one.name));
    }
    let (number, extension) = main.unzip();
    let seat_slug = key_part(division.rsplit(':').next().unwrap_or_default());
    let person = Person {
        key: format!(
            "ca:opennorth:{}:{seat_slug}:{}",
            key_part(&set),
            key_part(&one.name)
        ),
        title,
        district: one.district_name,
        location: String::new(),
        phone: number,
        extension: extension.unwrap_or_default(),
        data: json!({"party": one.party_name, "chamber": chamber, "office": one.elected_office}),
        division,
        role: role.to_owned(),
        chamber,
        party: party(&one.party_name),
        offices,
        name: one.name,
    };
    // The same person comes with every postal code of the district.
    rows.person(clock, &source, person);
}

fn seat(elected_office: &str) -> (&'static str, Chamber, String) {
    let (role, chamber, title) = match elected_office {
        "MP" => ("parliament", Chamber::Lower, "Member of Parliament"),
        "MPP" => ("province", Chamber::Single, "Member of Provincial Parliament"),
        "MLA" => ("province", Chamber::Single, "Member of the Legislative Assembly"),
        "MNA" => ("province", Chamber::Single, "Member of the National Assembly"),
        "MHA" => ("province", Chamber::Single, "Member of the House of Assembly"),
        "Mayor" => ("local", Chamber::Executive, "Mayor"),
        other => ("local", Chamber::Single, other),
    };
    (role, chamber, title.to_owned())
}

/// `/boundaries/federal-electoral-districts-2023-representation-order/35091/` is the federal district 35091 of 2023.
fn division(boundary_url: &str) -> Option<String> {
    let mut parts = boundary_url.trim_matches('/').rsplit('/');
    let (id, set) = (ocd::slug(parts.next()?), parts.next()?);
    let year = set
        .split('-')
        .find(|w| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()));
    let id = match year {
        Some(year) => format!("{id}-{year}"),
        None => id,
    };
    let province = PROVINCES.iter().find(|(name, _)| set.starts_with(name));
    let division = if set.starts_with("federal-electoral-districts") {
        format!("ocd-division/country:ca/ed:{id}")
    } else if let Some((_, code)) = province {
        format!("ocd-division/country:ca/province:{code}/ed:{id}")
    } else {
        // Wards and towns: the set's name keeps those of different towns apart.
        format!("ocd-division/country:ca/local:{}/district:{id}", ocd::slug(set))
    };
    Some(division).filter(|id| ocd::is_id(id))
}

fn last_part(url: &str) -> &str {
    url.trim_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Letters and digits of a key: accents go, everything else is a hyphen.
fn key_part(text: &str) -> String {
    let mut key = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => key.push(c),
            'à' | 'â' | 'ä' | 'á' => key.push('a'),
            'é' | 'è' | 'ê' | 'ë' => key.push('e'),
            'î' | 'ï' | 'í' => key.push('i'),
            'ô' | 'ö' | 'ó' => key.push('o'),
            'û' | 'ù' | 'ü' | 'ú' => key.push('u'),
            'ç' => key.push('c'),
            _ if key.ends_with('-') => {}
            _ => key.push('-'),
        }
    }
    key.trim_matches('-').to_owned()
}

fn numbers(places: &[Place]) -> (Option<(String, String)>, Vec<Office>) {
    let mut main = None;
    let mut offices: Vec<Office> = Vec::new();
    for place in places {
        let Some((e164, extension)) = phone(&place.tel, "ca") else {
            continue;
        };
        if place.r#type == "legislature" && main.is_none() {
            main = Some((e164, extension));
        } else if !offices.iter().any(|o| o.phone.as_ref() == Some(&e164)) {
            let address: Vec<&str> = place.postal.lines().map(str::trim).collect();
            offices.push(Office {
                kind: OfficeKind::District,
                phone: Some(e164),
                extension,
                ..office(
                    format!("office-{}", offices.len() + 1),
                    String::new(),
                    address.join(", "),
                )
            });
        }
    }
    let main = main.or_else(|| {
        let first = offices.first()?;
        Some((first.phone.clone()?, first.extension.clone()))
    });
    (main, offices)
}

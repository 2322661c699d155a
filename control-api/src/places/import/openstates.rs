//! State legislators and executives as openstates/people keeps them: one YAML file a person, in `XX/legislature` and
//! `XX/executive`.
//!
//! The data say which district a person speaks for, not where the district lies: postal codes of state districts come by
//! `import divisions`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use serde_saphyr::Spanned;

use super::batch::{Person, Rows, office, party, phone};
use super::us::State;
use super::{Import, ImportError, at, read, yaml};
use crate::clock::Clock;
use crate::places::ocd;
use crate::store::officials::Chamber;
use crate::store::targets::Office;

/// Folders within a state's.
const FOLDERS: [&str; 2] = ["legislature", "executive"];
/// Most files.
const MAX_FILES: usize = 50_000;

#[derive(Deserialize)]
struct Someone {
    id: Spanned<String>,
    name: String,
    #[serde(default)]
    party: Vec<Named>,
    #[serde(default)]
    roles: Vec<Spanned<Role>>,
    #[serde(default)]
    offices: Vec<Place>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Clone, Deserialize)]
struct Role {
    r#type: String,
    jurisdiction: String,
    district: Option<String>,
    end_date: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    classification: String,
    #[serde(default)]
    address: String,
    voice: Option<String>,
}

/// Reads a folder of states, or one state's. Whoever's term is over is left out; only heads of offices stay until a successor is there,
/// because the telephone number is the office's.
pub fn openstates(folder: &Path, clock: &Clock) -> Result<Import, ImportError> {
    let mut import = Import::default();
    let mut rows = Rows::default();
    let mut over = Vec::new();
    let today = today(clock);
    for file in files(folder)? {
        let someone: Someone = yaml(&file, &read(&file)?)?;
        let ours = || someone.roles.iter().filter(|role| is_of_state(&role.value));
        let current = ours().find(|role| lasts(&role.value, &today)).cloned();
        let last = ours()
            .max_by(|a, b| a.value.end_date.cmp(&b.value.end_date))
            .cloned();
        match (current, last) {
            (Some(role), _) => add(&file, someone, &role, &mut rows, &mut import, clock)?,
            (None, last) => over.push((file, someone, last)),
        }
    }
    for (file, someone, role) in over {
        let vacant =
            role.filter(|role| !rows.has_person(&key(&someone, &role.value)) && !is_seat(&role.value));
        let Some(role) = vacant else {
            import.note(&file, 1, &format!("{} holds no office any more", someone.name));
            continue;
        };
        let line = role.referenced.line();
        let what = format!(
            "the term of {} is over and no successor is there: kept",
            someone.name
        );
        import.note(&file, line, &what);
        add(&file, someone, &role, &mut rows, &mut import, clock)?;
    }
    if !rows.has_officials() {
        return Err(ImportError::Empty {
            file: folder.to_owned(),
            what: "there is nobody in it: expected XX/legislature/*.yml or XX/executive/*.yml".to_owned(),
        });
    }
    import.batch = rows.batch();
    Ok(import)
}

/// Seats of a legislature stand empty; offices of the executive do not.
fn is_seat(role: &Role) -> bool {
    matches!(role.r#type.as_str(), "upper" | "lower" | "legislature")
}

/// The key of an office of the executive, or of the person.
fn key(someone: &Someone, role: &Role) -> String {
    let state = ocd_division(&role.jurisdiction).and_then(|id| State::of_division(&id));
    match state {
        Some(state) if !is_seat(role) => format!("us_state:{}:{}", role.r#type.replace(' ', "_"), state.code),
        Some(_) | None => format!("us_state:openstates:{}", uuid(someone)),
    }
}

fn uuid(someone: &Someone) -> &str {
    someone.id.value.strip_prefix("ocd-person/").unwrap_or_default()
}

fn today(clock: &Clock) -> String {
    let now = jiff::Timestamp::from_millisecond(clock.now_ms()).unwrap_or_default();
    now.strftime("%Y-%m-%d").to_string()
}

/// Of a state, and not of one of its towns.
fn is_of_state(role: &Role) -> bool {
    ocd_division(&role.jurisdiction).is_some_and(|id| ocd::first_level(&id) == id)
}

/// Ends may be given as a year or a month: the whole of it still counts.
fn lasts(role: &Role, today: &str) -> bool {
    role.end_date
        .as_deref()
        .is_none_or(|end| end.is_empty() || end >= today.get(..end.len()).unwrap_or(today))
}

/// `ocd-jurisdiction/country:us/state:ne/government` is of `ocd-division/country:us/state:ne`.
fn ocd_division(jurisdiction: &str) -> Option<String> {
    let (place, _) = jurisdiction.strip_prefix("ocd-jurisdiction/")?.rsplit_once('/')?;
    Some(format!("ocd-division/{place}")).filter(|id| ocd::is_id(id))
}

fn add(
    file: &Path,
    someone: Someone,
    role: &Spanned<Role>,
    rows: &mut Rows,
    import: &mut Import,
    clock: &Clock,
) -> Result<(), ImportError> {
    let (line, role) = (role.referenced.line(), &role.value);
    let state = ocd_division(&role.jurisdiction)
        .and_then(|id| State::of_division(&id))
        .ok_or_else(|| at(file, line, format!("{} is no state", role.jurisdiction)))?;
    let source = format!("openstates:{}", state.code.to_ascii_lowercase());
    let seat = seat(state, role).ok_or_else(|| at(file, line, format!("{} has no district", role.r#type)))?;
    if uuid(&someone).is_empty() {
        let line = someone.id.referenced.line();
        return Err(at(file, line, "id: expected ocd-person/ and a UUID"));
    }
    rows.division(&source, &state.division(), state.name, None);
    if seat.division != state.division() {
        rows.division(&source, &seat.division, &seat.division_name, None);
    }
    let by_id = format!("us_state:openstates:{}", uuid(&someone));
    let by_office = key(&someone, role);
    let (main, offices) = numbers(&someone.offices, state);
    if main.is_none() {
        import.note(
            file,
            1,
            &format!("{} has no telephone number of an office", someone.name),
        );
    }
    let (number, extension) = main.unzip();
    let parties: Vec<String> = someone.party.into_iter().map(|p| p.name).collect();
    let person = Person {
        key: by_office,
        title: seat.title,
        name: someone.name,
        district: seat.district,
        location: String::new(),
        phone: number,
        extension: extension.unwrap_or_default(),
        data: json!({"party": parties.first(), "state": state.code, "chamber": seat.chamber, "role": role.r#type}),
        division: seat.division,
        role: "state".to_owned(),
        chamber: seat.chamber,
        party: party(parties.first().map_or("", String::as_str)),
        offices,
    };
    // Two people of one office: the second keeps the id as key.
    let second = Person {
        key: by_id.clone(),
        ..person.clone()
    };
    if !rows.person(clock, &source, person) && !rows.person(clock, &source, second) {
        return Err(at(file, 1, format!("{by_id} is there a second time")));
    }
    Ok(())
}

/// Where somebody sits.
struct Seat {
    chamber: Chamber,
    title: String,
    division: String,
    division_name: String,
    district: String,
}

/// `None` for a legislator without a district.
fn seat(state: State, role: &Role) -> Option<Seat> {
    let (chamber, title, kind, letters) = match role.r#type.as_str() {
        "upper" => (Chamber::Upper, "Senator", "sldu", "SD"),
        "lower" => (Chamber::Lower, state.lower_title(), "sldl", "HD"),
        "legislature" => (Chamber::Single, state.single_title(), "sldu", "LD"),
        "governor" => {
            return Some(statewide(
                state,
                Chamber::Executive,
                state.executive_title().to_owned(),
            ));
        }
        other => return Some(statewide(state, Chamber::Other, title_case(other))),
    };
    let district = role.district.as_deref().filter(|d| !d.is_empty())?;
    let base = state.division();
    let division = match (state.code, ocd::slug(district).as_str()) {
        // The council of the capital: eight wards, and members for all of them.
        ("DC", slug) => match slug.strip_prefix("ward_") {
            Some(ward) => format!("{base}/ward:{ward}"),
            None => base,
        },
        (_, slug) => format!("{base}/{kind}:{slug}"),
    };
    Some(Seat {
        chamber,
        title: title.to_owned(),
        division,
        division_name: format!("{} {letters} {district}", state.code),
        district: format!("{} {district}", state.code),
    })
}

fn statewide(state: State, chamber: Chamber, title: String) -> Seat {
    Seat {
        chamber,
        title,
        division: state.division(),
        division_name: state.name.to_owned(),
        district: state.code.to_owned(),
    }
}

/// `secretary of state` is `Secretary of State`.
fn title_case(role: &str) -> String {
    let word = |word: &str| match word {
        "of" => word.to_owned(),
        "lt" => "Lieutenant".to_owned(),
        _ => word
            .chars()
            .take(1)
            .flat_map(char::to_uppercase)
            .chain(word.chars().skip(1))
            .collect(),
    };
    role.split(['_', ' '])
        .map(word)
        .collect::<Vec<String>>()
        .join(" ")
}

/// The main number and the district offices. Numbers of homes are nobody's business.
fn numbers(places: &[Place], state: State) -> (Option<(String, String)>, Vec<Office>) {
    let number = |place: &Place| phone(place.voice.as_deref()?, "us");
    let capitol = places
        .iter()
        .filter(|p| p.classification.starts_with("capitol"))
        .find_map(number);
    let mut offices = Vec::new();
    for place in places.iter().filter(|p| p.classification == "district") {
        let Some((e164, extension)) = number(place) else {
            continue;
        };
        offices.push(Office {
            phone: Some(e164),
            extension,
            time_zone: state.time_zone.to_owned(),
            ..office(
                format!("district-{}", offices.len() + 1),
                town(&place.address),
                place.address.clone(),
            )
        });
    }
    let main = capitol.or_else(|| {
        let first = offices.first()?;
        Some((first.phone.clone()?, first.extension.clone()))
    });
    (main, offices)
}

/// `5606 N. Navarro St. Suite 200-A, Victoria, TX 77904` is in Victoria.
fn town(address: &str) -> String {
    let mut parts = address.rsplit([',', ';']).map(str::trim);
    let (last, before) = (parts.next(), parts.next());
    let is_state = last.is_some_and(|l| l.split(' ').next().and_then(State::find).is_some());
    before.filter(|_| is_state).unwrap_or_default().to_owned()
}

/// Every person's file, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut found = Vec::new();
    if FOLDERS.iter().any(|f| folder.join(f).is_dir()) {
        for name in FOLDERS {
            collect(&folder.join(name), &mut found)?;
        }
    } else {
        for state in entries(folder)? {
            for name in FOLDERS {
                collect(&state.join(name), &mut found)?;
            }
        }
    }
    if found.len() > MAX_FILES {
        return Err(ImportError::Unreadable {
            file: folder.to_owned(),
            reason: format!("more than {MAX_FILES} files"),
        });
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ImportError> {
    if folder.is_dir() {
        let is_person = |path: &PathBuf| path.extension().is_some_and(|e| e == "yml" || e == "yaml");
        found.extend(entries(folder)?.into_iter().filter(is_person));
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let unreadable = |e: std::io::Error| ImportError::Unreadable {
        file: folder.to_owned(),
        reason: e.to_string(),
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        found.push(entry.map_err(unreadable)?.path());
    }
    found.sort();
    Ok(found)
}

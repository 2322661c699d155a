//! Importers, on small files of their own and on the public data where they lie.

use std::path::{Path, PathBuf};

use super::*;
use crate::store::officials::{Chamber, Party};

/// 1 October 2026.
const NOW: i64 = 1_790_812_800_000;

fn clock() -> Clock {
    Clock::moving(NOW, 7)
}

/// The public data that lie beside the project; `None`, said aloud, when they are not there.
fn data(name: &str) -> Option<PathBuf> {
    crate::places::testing::data(name)
}

fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join(name);
    std::fs::write(&file, text).expect("written");
    (dir, file)
}

/// What an importer says of a wrong file, without the folder.
fn complaint(name: &str, text: &str, read: impl Fn(&Path) -> Result<Import, ImportError>) -> String {
    let (dir, file) = written(name, text);
    let error = read(&file).expect_err("a wrong file").to_string();
    error.replace(&format!("{}/", dir.path().display()), "")
}

fn lines(import: &Import) -> Vec<String> {
    let official = |(o, offices): &(
        crate::store::officials::Official,
        Vec<crate::store::targets::Office>,
    )| {
        format!(
            "{} {} {} ({}) {} {} {} {} +{}",
            o.target.key,
            o.target.title,
            o.target.name,
            o.target.district,
            o.division_id.trim_start_matches("ocd-division/country:"),
            o.chamber,
            o.party,
            o.target.phone.as_deref().unwrap_or("-"),
            offices.len()
        )
    };
    import.batch.officials.iter().map(official).collect()
}

const LEGISLATORS: &str = "\
- id: {bioguide: A000001}
  name: {first: Ada, last: One}
  terms:
  - {type: rep, start: '2001-01-03', state: VT, district: 0, party: Democrat}
  - {type: sen, start: '2025-01-03', state: VT, party: Independent, caucus: Democrat, phone: 202-224-5141}
- id: {bioguide: B000002}
  name: {first: Bob, last: Two, official_full: Robert Two Jr.}
  terms:
  - {type: rep, start: '2025-01-03', state: VT, district: 0, party: Republican, phone: 202-225-4115}
- id: {bioguide: C000003}
  name: {first: Cem, last: Three}
  terms:
  - {type: rep, start: '2025-01-03', state: DC, district: 0, party: Democrat}
";
const OFFICES: &str = "\
- id: {bioguide: B000002}
  offices:
  - {id: B000002-barre, address: 1 Main St, city: Barre, state: VT, zip: '05641',
     latitude: 44.2, longitude: -72.5, phone: 802-652-2450, hours: M-F 9-5}
  - {id: B000002-fax, city: Stowe, state: VT}
- id: {bioguide: Z000009}
  offices: []
";
const ZIPS: &str = "state_fips,state_abbr,zcta,cd\n50,VT,05602,0\n11,DC,20001,0\n";

fn congress(legislators: &str, offices: &str, zips: &str) -> Result<Import, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    us_congress(
        &file("people.yaml", legislators),
        &file("offices.yaml", offices),
        &file("zips.csv", zips),
        &clock(),
    )
    .map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

#[test]
fn congress_as_it_is_published() {
    let read = congress(LEGISLATORS, OFFICES, ZIPS).expect("read");
    assert_eq!(
        lines(&read),
        [
            "us:bioguide:A000001 Senator Ada One (VT) us/state:vt upper democrat +12022245141 +0",
            "us:bioguide:B000002 Representative Robert Two Jr. (VT-0) us/state:vt/cd:at-large lower republican +12022254115 +1",
            "us:bioguide:C000003 Delegate Cem Three (DC-0) us/district:dc/cd:at-large lower democrat - +0",
        ]
    );
    let office = &read.batch.officials[1].1[0];
    assert_eq!(office.address, "1 Main St, Barre, VT 05641");
    assert_eq!(
        (office.uid.as_str(), office.lat, office.time_zone.as_str()),
        ("B000002-barre", Some(44.2), "America/New_York")
    );
    assert_eq!(office.hours["fri"][0], "09:00-17:00");
    let names: Vec<&str> = read.batch.divisions.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["District of Columbia", "DC-0", "Vermont", "VT-0"]);
    assert_eq!(read.batch.postal_codes.len(), 2);
    assert_eq!(read.passed_over, 3, "{:?}", read.notes);
}

#[test]
fn congress_names_file_and_line_of_what_is_wrong() {
    let check = |legislators: &str, zips: &str, expect: &str| {
        let said = congress(legislators, OFFICES, zips).expect_err("a wrong file");
        assert_eq!(said, expect);
    };
    check(
        &LEGISLATORS.replace("state: DC", "state: XX"),
        ZIPS,
        "people.yaml:13: there is no state \"XX\"",
    );
    check(
        &LEGISLATORS.replace("type: sen", "type: lord"),
        ZIPS,
        "people.yaml:5: type: expected sen or rep, got \"lord\"",
    );
    check(
        &LEGISLATORS.replace("C000003", "A000001"),
        ZIPS,
        "people.yaml:10: A000001 is there a second time",
    );
    check("[]", ZIPS, "people.yaml: there is no legislator in it");
    check(
        LEGISLATORS,
        &ZIPS.replace("20001", "2000"),
        "zips.csv:3: expected a state, a ZIP of five digits and a district, got \"DC\", \"2000\", \"0\"",
    );
    check(
        LEGISLATORS,
        "state_abbr,zcta\nVT,05602\n",
        "zips.csv:2: missing field `cd`",
    );
    check(
        LEGISLATORS,
        "state_abbr,zcta,cd\n",
        "zips.csv: there is no ZIP in it",
    );
    let broken = congress("- id: [\n", OFFICES, ZIPS).expect_err("no YAML");
    assert!(broken.starts_with("people.yaml:"), "{broken}");
    let missing = congress(
        &LEGISLATORS.replace(
            "  terms:\n  - {type: rep, start: '2025-01-03', state: DC",
            "  times:\n  - {type: rep, start: '2025-01-03', state: DC",
        ),
        OFFICES,
        ZIPS,
    );
    let said = missing.expect_err("no terms");
    assert!(
        said.starts_with("people.yaml:1") && said.contains("terms"),
        "{said}"
    );
}

#[test]
fn the_whole_congress() {
    let (Some(people), Some(offices), Some(zips)) = (
        data("legislators-current.yaml"),
        data("legislators-district-offices.yaml"),
        data("zccd.csv"),
    ) else {
        return;
    };
    let read = us_congress(&people, &offices, &zips, &clock()).expect("read");
    let count = |chamber| {
        let of = |(o, _): &&(crate::store::officials::Official, _)| o.chamber == chamber;
        read.batch.officials.iter().filter(of).count()
    };
    assert_eq!(count(Chamber::Upper), 100);
    assert!(
        (430..=441).contains(&count(Chamber::Lower)),
        "{}",
        count(Chamber::Lower)
    );
    let other = |(o, _): &&(crate::store::officials::Official, _)| o.party == Party::Other;
    assert_eq!(
        read.batch.officials.iter().filter(other).count(),
        0,
        "independents sit with a party"
    );
    let codes: std::collections::BTreeSet<&str> =
        read.batch.postal_codes.iter().map(|p| p.code.as_str()).collect();
    assert_eq!(codes.len(), 33_774);
}

const SPIVEY: &str = "\
id: ocd-person/03ee8938-314f-4db4-ac76-9507d85fc03c
name: Ann Example
party:
- name: Nonpartisan
roles:
- {type: mayor, jurisdiction: 'ocd-jurisdiction/country:us/state:ne/place:omaha/government', end_date: '2030-01-01'}
- {type: legislature, jurisdiction: 'ocd-jurisdiction/country:us/state:ne/government', district: '13', start_date: 2025-01-08}
offices:
- {classification: home, voice: 402-555-0100, address: nobody's business}
- {classification: capitol, voice: 402-471-2727, address: 'State Capitol, Lincoln, NE 68509'}
- {classification: district, voice: 402-341-0000, address: '1 Main St, Omaha, NE 68102'}
";

fn state_folder(people: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in people {
        let file = dir.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }
    dir
}

#[test]
fn state_people_as_they_are_published() {
    let governor = SPIVEY
        .replace("03ee8938", "aaaaaaaa")
        .replace("type: legislature", "type: governor");
    // No successor: the office is still there.
    let auditor = governor
        .replace("aaaaaaaa", "cccccccc")
        .replace("governor", "auditor, end_date: '2026-09'");
    let gone = SPIVEY
        .replace("03ee8938", "bbbbbbbb")
        .replace("start_date: 2025-01-08", "end_date: '2026-09'");
    let dir = state_folder(&[
        ("ne/legislature/a.yml", SPIVEY),
        ("ne/executive/b.yml", &governor),
        ("ne/legislature/c.yml", &gone),
        ("ne/executive/e.yml", &auditor),
        ("ne/municipalities/d.yml", "not: read"),
    ]);
    for folder in [dir.path().to_owned(), dir.path().join("ne")] {
        let read = openstates(&folder, &clock()).expect("read");
        assert_eq!(
            lines(&read),
            [
                "us_state:auditor:NE Auditor Ann Example (NE) us/state:ne other other +14024712727 +1",
                "us_state:governor:NE Governor Ann Example (NE) us/state:ne executive other +14024712727 +1",
                "us_state:openstates:03ee8938-314f-4db4-ac76-9507d85fc03c Senator Ann Example (NE 13) us/state:ne/sldu:13 single other \
                 +14024712727 +1",
            ]
        );
        assert_eq!(read.batch.sources, ["openstates:ne"]);
        assert_eq!(read.batch.officials[1].1[0].name, "Omaha");
        assert_eq!(read.passed_over, 2, "{:?}", read.notes);
    }
}

#[test]
fn state_people_name_file_and_line_of_what_is_wrong() {
    let dir = state_folder(&[("ne/legislature/a.yml", &SPIVEY.replace("district: '13', ", ""))]);
    let said = openstates(dir.path(), &clock())
        .expect_err("no district")
        .to_string();
    assert!(said.ends_with("a.yml:7: legislature has no district"), "{said}");
    let said = openstates(&dir.path().join("ne/legislature"), &clock())
        .expect_err("nobody")
        .to_string();
    assert!(said.contains("there is nobody in it"), "{said}");
}

#[test]
fn every_state() {
    let Some(folder) = data("openstates-people") else {
        return;
    };
    let read = openstates(&folder, &clock()).expect("read");
    let of = |state: &str, chamber: Chamber| {
        let division = format!("ocd-division/country:us/{state}");
        read.batch
            .officials
            .iter()
            .filter(|(o, _)| {
                crate::places::ocd::first_level(&o.division_id) == division && o.chamber == chamber
            })
            .count()
    };
    assert_eq!(
        (
            of("state:ne", Chamber::Single),
            of("state:ne", Chamber::Upper),
            of("state:ne", Chamber::Lower)
        ),
        (49, 0, 0)
    );
    assert!(of("state:ca", Chamber::Upper) >= 38 && of("state:ca", Chamber::Lower) >= 76);
    assert_eq!(
        of("district:dc", Chamber::Single),
        12,
        "and one whose term is over"
    );
    let governors = read
        .batch
        .officials
        .iter()
        .filter(|(o, _)| o.chamber == Chamber::Executive)
        .count();
    assert!(governors >= 50, "{governors}");
}

#[test]
fn canadian_representatives() {
    let mp = r#"{"name": "Zoé O'Neil", "district_name": "Ottawa Centre", "elected_office": "MP", "party_name": "X",
        "offices": [{"type": "constituency", "tel": "1 613-946-8682", "postal": "1 Bank St\nOttawa ON"},
                    {"type": "legislature", "tel": "1 613-996-5322"}],
        "related": {"boundary_url": "/boundaries/federal-electoral-districts-2023-representation-order/35075/",
                    "representative_set_url": "/representative-sets/house-of-commons/"}}"#;
    let mpp = mp
        .replace("\"MP\"", "\"MPP\"")
        .replace(
            "federal-electoral-districts-2023",
            "ontario-electoral-districts-2015",
        )
        .replace("house-of-commons", "ontario-legislature");
    let list = format!(r#"{{"objects": [{mp}], "meta": {{}}}}"#);
    let codes = format!(
        r#"[{{"code": "K1P 1J1", "representatives_centroid": [{mp}, {mpp}]}}, {{"code": "K1A0B1", "representatives_centroid": [{mp}]}}]"#
    );
    let federal = "ca:opennorth:house-of-commons:35075-2023:zoe-o-neil Member of Parliament Zoé O'Neil (Ottawa Centre) \
                   ca/ed:35075-2023 lower other +16139965322 +1";
    let provincial = "ca:opennorth:ontario-legislature:35075-2015:zoe-o-neil Member of Provincial Parliament Zoé O'Neil \
                      (Ottawa Centre) ca/province:on/ed:35075-2015 single other +16139965322 +1";
    let (_dir, file) = written("list.json", &list);
    assert_eq!(lines(&opennorth(&file, &clock()).expect("read")), [federal]);
    let (_dir, file) = written("codes.json", &codes);
    let read = opennorth(&file, &clock()).expect("read");
    assert_eq!(lines(&read), [federal, provincial]);
    let pairs: Vec<String> = read
        .batch
        .postal_codes
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p.code,
                p.division_id.rsplit('/').next().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        pairs,
        [
            "K1A0B1 ed:35075-2023",
            "K1P1J1 ed:35075-2023",
            "K1P1J1 ed:35075-2015"
        ]
    );
    let said = complaint("bad.json", "{\n\"objects\": [\n}", |f| opennorth(f, &clock()));
    assert!(said.starts_with("bad.json:3: "), "{said}");
}

#[test]
fn any_country_by_csv() {
    let (_dir, file) = written(
        "divisions.csv",
        "id,name,lat,lon,postal_codes\nocd-division/country:de/land:be,Berlin,52.5,13.4,10115;10117\n\
         ocd-division/country:de/wahlkreis:75,Berlin-Mitte,,,\n",
    );
    let read = divisions(&file).expect("read");
    assert_eq!(
        read.batch.sources,
        ["divisions:de:land", "divisions:de:wahlkreis"]
    );
    assert_eq!(read.batch.postal_codes.len(), 2);
    assert_eq!(read.batch.divisions[0].lat, Some(52.5));
    let (_dir, file) = written(
        "officials.csv",
        "key,division,role,name,title,phone,office_uid,office_name,office_phone,office_hours,office_time_zone\n\
         de:mdb:1,ocd-division/country:de/wahlkreis:75,parliament,Ada Eins,MdB,030 227 0,mitte,Mitte,030 901820,\
         mon-thu 10:00-16:00,Europe/Berlin\n\
         de:mdb:1,ocd-division/country:de/wahlkreis:75,parliament,Ada Eins,,,wedding,Wedding,030 901821,,\n",
    );
    let read = officials(&file, &clock()).expect("read");
    assert_eq!(
        lines(&read),
        ["de:mdb:1 MdB Ada Eins () de/wahlkreis:75 single other +49302270 +2"]
    );
    assert_eq!(read.batch.officials[0].1[0].hours["thu"][0], "10:00-16:00");
}

#[test]
fn csv_names_file_and_line_of_what_is_wrong() {
    for (text, expect) in [
        (
            "id,name\nberlin,Berlin\n",
            "x.csv:2: \"berlin\" is no Open Civic Data id, for example ocd-division/country:us/state:ky",
        ),
        ("id,name,size\na,b,c\n", "x.csv:2: unknown field `size`"),
        (
            "id,name,lat,lon\nocd-division/country:us/state:ky,Kentucky,91,0\n",
            "x.csv:2: lat, lon: expected -90 to 90 and -180 to 180",
        ),
        (
            "id,name,postal_codes\nocd-division/country:us/state:ky,Kentucky,1;2\n",
            "x.csv:2: \"1\" is no postal code of us",
        ),
        ("id,name\n", "x.csv: there is no division in it"),
    ] {
        let said = complaint("x.csv", text, divisions);
        assert!(said.starts_with(expect), "{said}");
    }
    let row = "a:1,ocd-division/country:us,executive,Ann,";
    for (header, rest, expect) in [
        (
            "chamber",
            "middle",
            "x.csv:2: chamber: expected upper, lower, single, executive or other, got \"middle\"",
        ),
        (
            "phone",
            "call me",
            "x.csv:2: phone: this is no telephone number of us",
        ),
    ] {
        let text = format!("key,division,role,name,{header}\n{row}{rest}\n");
        assert_eq!(complaint("x.csv", &text, |f| officials(f, &clock())), expect);
    }
}

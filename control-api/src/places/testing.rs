//! The public data that tests read where they lie, beside the project.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::places::import;
use crate::store::Db;
use crate::store::officials::{Chamber, Official, Party};
use crate::store::targets::Target;

/// `../shared/data/NAME`, seen from the project's root; `None`, said aloud, when it is not there.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    let said = format!("skipped: {} is not there\n", path.display());
    std::io::stderr().write_all(said.as_bytes()).expect("stderr");
    None
}

/// `S:d:KY` is a Democratic senator of Kentucky, `R:r:KY/1` a representative, `N:i:NE/2` of an only chamber, `G:r:KY` a governor;
/// the key and the name are the word itself.
pub(crate) fn official(word: &str) -> Official {
    let mut parts = word.split(':');
    let (seat, party, place) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let division = match place.split_once('/') {
        Some((state, district)) => format!("ocd-division/country:us/state:{state}/cd:{district}"),
        None => format!("ocd-division/country:us/state:{place}"),
    };
    let chamber = match seat {
        Some("S") => Chamber::Upper,
        Some("R") => Chamber::Lower,
        Some("N") => Chamber::Single,
        Some("G") => Chamber::Executive,
        Some(_) | None => Chamber::Other,
    };
    Official {
        target: Target {
            id: word.to_owned(),
            key: word.to_owned(),
            title: String::new(),
            name: word.to_owned(),
            pronunciation: String::new(),
            district: place.to_owned(),
            location: String::new(),
            phone: Some("+12025550100".to_owned()),
            extension: String::new(),
            data: serde_json::Value::Null,
            created_at: 0,
            updated_at: 0,
        },
        country: "us".to_owned(),
        division_id: division.to_lowercase(),
        role: "congress".to_owned(),
        chamber,
        party: match party {
            Some("d") => Party::Democrat,
            Some("r") => Party::Republican,
            Some(_) | None => Party::Other,
        },
        source: "test".to_owned(),
    }
}

/// A country of two states, imported as CSV. The north has districts with codes, the south has members of an only chamber without.
pub(crate) async fn small(db: &Db) {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Clock::moving(0, 7);
    let file = dir.path().join("divisions.csv");
    std::fs::write(&file, SMALL_DIVISIONS).expect("written");
    let read = import::divisions(&file).expect("read");
    read.store(db, &clock).await.expect("stored");
    let file = dir.path().join("officials.csv");
    std::fs::write(&file, SMALL_OFFICIALS).expect("written");
    let read = import::officials(&file, &clock).expect("read");
    read.store(db, &clock).await.expect("stored");
}

const SMALL_DIVISIONS: &str = "id,name,postal_codes
ocd-division/country:us/state:no,North,
ocd-division/country:us/state:no/cd:1,NO-1,10001;10002
ocd-division/country:us/state:no/cd:2,NO-2,10002
ocd-division/country:us/state:so/cd:at-large,SO-0,10002;20001
ocd-division/country:us/state:no/sldl:7,NO HD 7,10001
ocd-division/country:ca/ed:1-2023,East,K1A0B1;J1A0B1
ocd-division/country:ca/ed:2-2023,West,V6B4Y8;V5T
";

const SMALL_OFFICIALS: &str = "key,division,role,name,chamber,district,phone,party
us:s1,ocd-division/country:us/state:no,congress,Ann,upper,NO,202-555-0121,Republican
us:s2,ocd-division/country:us/state:so,congress,Bob,upper,SO,202-555-0122,Democratic
us:r1,ocd-division/country:us/state:no/cd:1,congress,Cem,lower,NO-1,202-555-0123,Democratic
us:r2,ocd-division/country:us/state:no/cd:2,congress,Dee,lower,NO-2,202-555-0124,Republican
us:r0,ocd-division/country:us/state:so/cd:at-large,congress,Eve,lower,SO-0,202-555-0125,Republican
us:h7,ocd-division/country:us/state:no/sldl:7,state,Fay,lower,NO 7,202-555-0126,
us:h8,ocd-division/country:us/state:no/sldl:8,state,Gil,lower,NO 8,202-555-0127,
us:n1,ocd-division/country:us/state:so/sldu:1,state,Hal,single,SO 1,202-555-0128,
us:n2,ocd-division/country:us/state:so/sldu:2,state,Ida,single,SO 2,202-555-0129,
us:g,ocd-division/country:us/state:no,state,Jon,executive,NO,202-555-0130,
us:p,ocd-division/country:us,executive,Kim,executive,US,202-555-0131,
ca:e,ocd-division/country:ca/ed:1-2023,parliament,Lea,lower,East,613-555-0101,
ca:w,ocd-division/country:ca/ed:2-2023,parliament,Max,lower,West,604-555-0101,
";

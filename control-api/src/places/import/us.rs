//! What is special about the United States: its states, territories and the capital, their time zones, what their legislators are called.

/// A state, a territory or the District of Columbia.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// `KY`
    pub(super) code: &'static str,
    /// `Kentucky`
    pub(super) name: &'static str,
    /// IANA, where the whole state keeps one time; else empty.
    pub(super) time_zone: &'static str,
}

const EASTERN: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PACIFIC: &str = "America/Los_Angeles";

const fn state(code: &'static str, name: &'static str, time_zone: &'static str) -> State {
    State {
        code,
        name,
        time_zone,
    }
}

const STATES: [State; 56] = [
    state("AK", "Alaska", ""),
    state("AL", "Alabama", CENTRAL),
    state("AR", "Arkansas", CENTRAL),
    state("AS", "American Samoa", "Pacific/Pago_Pago"),
    state("AZ", "Arizona", "America/Phoenix"),
    state("CA", "California", PACIFIC),
    state("CO", "Colorado", MOUNTAIN),
    state("CT", "Connecticut", EASTERN),
    state("DC", "District of Columbia", EASTERN),
    state("DE", "Delaware", EASTERN),
    state("FL", "Florida", ""),
    state("GA", "Georgia", EASTERN),
    state("GU", "Guam", "Pacific/Guam"),
    state("HI", "Hawaii", "Pacific/Honolulu"),
    state("IA", "Iowa", CENTRAL),
    state("ID", "Idaho", ""),
    state("IL", "Illinois", CENTRAL),
    state("IN", "Indiana", ""),
    state("KS", "Kansas", ""),
    state("KY", "Kentucky", ""),
    state("LA", "Louisiana", CENTRAL),
    state("MA", "Massachusetts", EASTERN),
    state("MD", "Maryland", EASTERN),
    state("ME", "Maine", EASTERN),
    state("MI", "Michigan", ""),
    state("MN", "Minnesota", CENTRAL),
    state("MO", "Missouri", CENTRAL),
    state("MP", "Northern Mariana Islands", "Pacific/Saipan"),
    state("MS", "Mississippi", CENTRAL),
    state("MT", "Montana", MOUNTAIN),
    state("NC", "North Carolina", EASTERN),
    state("ND", "North Dakota", ""),
    state("NE", "Nebraska", ""),
    state("NH", "New Hampshire", EASTERN),
    state("NJ", "New Jersey", EASTERN),
    state("NM", "New Mexico", MOUNTAIN),
    state("NV", "Nevada", ""),
    state("NY", "New York", EASTERN),
    state("OH", "Ohio", EASTERN),
    state("OK", "Oklahoma", CENTRAL),
    state("OR", "Oregon", ""),
    state("PA", "Pennsylvania", EASTERN),
    state("PR", "Puerto Rico", "America/Puerto_Rico"),
    state("RI", "Rhode Island", EASTERN),
    state("SC", "South Carolina", EASTERN),
    state("SD", "South Dakota", ""),
    state("TN", "Tennessee", ""),
    state("TX", "Texas", ""),
    state("UT", "Utah", MOUNTAIN),
    state("VA", "Virginia", EASTERN),
    state("VI", "U.S. Virgin Islands", "America/St_Thomas"),
    state("VT", "Vermont", EASTERN),
    state("WA", "Washington", PACIFIC),
    state("WI", "Wisconsin", CENTRAL),
    state("WV", "West Virginia", EASTERN),
    state("WY", "Wyoming", MOUNTAIN),
];

impl State {
    /// By its code, in either case.
    pub(super) fn find(code: &str) -> Option<State> {
        STATES.into_iter().find(|s| s.code.eq_ignore_ascii_case(code))
    }

    /// Of the division that it is, or that lies in it.
    pub(super) fn of_division(id: &str) -> Option<State> {
        let first = crate::places::ocd::first_level(id);
        State::find(first.rsplit(':').next()?)
    }

    /// Its division.
    pub(super) fn division(self) -> String {
        let kind = match self.code {
            "DC" => "district",
            "AS" | "GU" | "MP" | "PR" | "VI" => "territory",
            _ => "state",
        };
        format!(
            "ocd-division/country:us/{kind}:{}",
            self.code.to_ascii_lowercase()
        )
    }

    /// A congressional district; 0 is the whole state.
    pub(super) fn congressional(self, district: u32) -> String {
        let division = self.division();
        match district {
            0 => format!("{division}/cd:at-large"),
            n => format!("{division}/cd:{n}"),
        }
    }

    /// What a member of the House is called.
    pub(super) fn house_title(self) -> &'static str {
        match self.code {
            "PR" => "Resident Commissioner",
            "DC" | "AS" | "GU" | "MP" | "VI" => "Delegate",
            _ => "Representative",
        }
    }

    /// What a member of the state's lower house is called.
    pub(super) fn lower_title(self) -> &'static str {
        match self.code {
            "CA" | "NV" | "NY" => "Assembly Member",
            "NJ" => "Assemblymember",
            "MD" | "VA" | "WV" => "Delegate",
            _ => "Representative",
        }
    }

    /// What a member of the only chamber is called.
    pub(super) fn single_title(self) -> &'static str {
        match self.code {
            "DC" => "Councilmember",
            _ => "Senator",
        }
    }

    /// What the head of the executive is called.
    pub(super) fn executive_title(self) -> &'static str {
        match self.code {
            "DC" => "Mayor",
            _ => "Governor",
        }
    }
}

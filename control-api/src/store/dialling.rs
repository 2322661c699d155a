//! How a trunk is dialled: the part of its settings that is about numbers, identity and patience. Kept as one text, read with defaults, so
//! that a new setting needs no new column.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::types::JsonText;

/// A trunk that lets nothing ring for so long is left for the next one, when nobody says otherwise.
const POST_DIAL_LIMIT_MS: i64 = 12_000;
/// The session interval that a trunk is asked for, when nobody says otherwise (RFC 4028 section 4).
const SESSION_EXPIRES_SECONDS: i64 = 1_800;

/// A trunk's servers are asked once in so long whether they are there, when nobody says otherwise.
const OPTIONS_INTERVAL_MS: i64 = 60_000;

/// How a trunk is dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialling {
    /// Rules over numbers; the longest prefix decides, `number_format` where none fits.
    pub number_rules: Vec<NumberRule>,
    /// Short codes that may be dialled.
    pub short_codes: Vec<String>,
    /// What the trunk is told of who calls.
    pub identity: Identity,
    /// It lets something ring within so long, or the next trunk is tried.
    pub post_dial_limit_ms: i64,
    /// Its servers are asked by OPTIONS once in so long; 0 is never.
    pub options_interval_ms: i64,
    /// Calls are to be refreshed at least so often (RFC 4028); 0 asks for nothing.
    pub session_expires_seconds: i64,
    /// How REFER is refused: `decline`, `not_allowed`
    pub refer: String,
}

impl Default for Dialling {
    fn default() -> Self {
        Dialling {
            number_rules: Vec::new(),
            short_codes: Vec::new(),
            identity: Identity::default(),
            post_dial_limit_ms: POST_DIAL_LIMIT_MS,
            options_interval_ms: OPTIONS_INTERVAL_MS,
            session_expires_seconds: SESSION_EXPIRES_SECONDS,
            refer: "decline".to_owned(),
        }
    }
}

impl From<JsonText<Dialling>> for Dialling {
    fn from(text: JsonText<Dialling>) -> Dialling {
        text.0
    }
}

/// How numbers that begin with `prefix` are dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// Of the number in E.164 form; the longest one decides. `+` is every number.
    #[schema(example = "+44")]
    pub prefix: String,
    /// So many characters are left out at the beginning of the number, its `+` among them.
    #[serde(default)]
    #[schema(example = 3)]
    pub strip: i64,
    /// Put before what is left.
    #[serde(default)]
    #[schema(example = "0")]
    pub add: String,
}

/// What a trunk is told of who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Whose number stands in From: `caller` (the caller's own towards targets when it is proved, else the campaign's), `campaign`, `trunk`
    /// (its `caller_id`), `anonymous`.
    #[schema(default = "caller")]
    pub from: String,
    /// The header that says whose call it is: `pai` (P-Asserted-Identity), `ppi` (P-Preferred-Identity), `none`.
    #[schema(default = "pai")]
    pub asserted: String,
    /// Ask for the number to be withheld from the one who is called (`Privacy: id`).
    pub privacy: bool,
    /// With the caller's own number: name the campaign's in a Diversion header (RFC 5806).
    pub diversion: bool,
    /// With the caller's own number: pass on the Identity headers of their call (RFC 8224), unchanged.
    #[schema(default = true)]
    pub pass_identity: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Identity {
            from: "caller".to_owned(),
            asserted: "pai".to_owned(),
            privacy: false,
            diversion: false,
            pass_identity: true,
        }
    }
}

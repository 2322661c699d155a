//! Campaigns: the rules of one caller's session, the sounds it plays, and whom it calls in which order (CAMPAIGNS.md).

mod draft;
pub mod flow;
mod located;
mod order;
mod script;
mod session_plan;

pub use draft::{DraftError, Request, country_of, draft, draft_again, locate, phone_context, phone_of};
pub use located::geocoder;
pub(crate) use located::{keys as keyed_location, preview, targets_now};
pub(crate) use script::{By, Chosen, DailyCalls, chosen, encode, playing};
pub use script::{Heard, NotTaken, Script};
pub use session_plan::{OwnIntro, Vouched, flow as session_flow};

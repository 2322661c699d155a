//! Campaigns: the rules of one caller's session, the sounds it plays, and whom it calls in which order (CAMPAIGNS.md).

mod draft;
pub mod flow;
mod order;
mod script;
mod session_plan;

pub use draft::{DraftError, Request, country_of, draft, draft_again, phone_context, phone_of};
pub use order::{Listed, custom_list};
pub use script::{Heard, Script};
pub use session_plan::{Vouched, flow as session_flow};

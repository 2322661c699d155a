//! Campaigns: the rules of one caller's session, the sounds it plays, and whom it calls in which order (CAMPAIGNS.md).

pub mod flow;

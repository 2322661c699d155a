//! Whole sessions: a gateway, two carriers that are SIP endpoints of their own, a media engine played by the test, and a clock that
//! jumps. Transcripts show what a session says and does; storms try what no transcript thinks of.

#[cfg(test)]
mod engine;
#[cfg(test)]
mod far;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod script;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod transcripts;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod words;

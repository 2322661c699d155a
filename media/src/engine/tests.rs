//! The table driven by hand.

//! End to end: the real program, the real database, and sipp as everybody else. One program; a file for each kind of scenario.

mod harness_itself;

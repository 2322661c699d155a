//! The gateway alone, without database and HTTP: a flow of the test's own, sipp as caller and target, real media.

mod steady;

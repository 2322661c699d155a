//! Names of the things a call is made of.

use std::fmt;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One caller in one campaign, from the first ring to the last hang-up.
    SessionId
);
id!(
    /// One attempt to connect a session to one target.
    CallId
);
id!(
    /// One INVITE on one trunk: the unit of a CDR. A call that fails over to a second trunk has two legs.
    LegId
);
id!(
    /// A trunk of the snapshot.
    TrunkId
);
id!(
    /// A route of the snapshot.
    RouteId
);
id!(
    /// A campaign; the gateway only carries it along.
    CampaignId
);

/// Makes ids that sort in the order they were made: UUIDs of version 7 (RFC 9562 section 5.7), whose first random bits count what was made
/// within one millisecond (section 6.2, method 1). A clock set back changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequence {
    last_ms: u64,
    count: u16,
}

/// Ids made within one millisecond before the ids' own time is moved on.
const A_MILLISECOND: u16 = 0x0fff;

impl Sequence {
    /// The next id, at this time since 1970.
    pub fn next(&mut self, now_ms: u64, rng: &mut impl Rng) -> Uuid {
        if now_ms > self.last_ms {
            self.last_ms = now_ms;
            self.count = 0;
        } else if self.count < A_MILLISECOND {
            self.count += 1;
        } else {
            self.last_ms += 1;
            self.count = 0;
        }
        let mut bytes: [u8; 10] = rng.random();
        bytes[..2].copy_from_slice(&self.count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.last_ms, &bytes).into_uuid()
    }
}

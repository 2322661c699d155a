//! Names of the things a call is made of.

use std::fmt;

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

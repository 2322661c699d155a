//! The legs of a session: those that have ended by their records, those that live by what was told of them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use trunkline_gateway::cdr::Cdr;
use utoipa::ToSchema;

use crate::export::CdrLine;
use crate::store::events::Event;

/// One INVITE on one trunk.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Leg {
    /// It has ended: its call detail record.
    Ended {
        /// `ended`
        state: &'static str,
        #[serde(flatten)]
        cdr: Box<CdrLine>,
    },
    /// It has no record yet.
    Live {
        /// `dialling`, `ringing`, `answered`; `ended` while its record is being written
        state: String,
        id: String,
        /// `caller` or `target`
        side: Option<String>,
        call_id: Option<String>,
        trunk: Option<String>,
    },
}

/// Records, then living legs, each in the order in which they began.
pub(super) fn legs(cdrs: &[Cdr], timeline: &[Event]) -> Vec<Leg> {
    let ended = cdrs.iter().map(|cdr| Leg::Ended {
        state: "ended",
        cdr: Box::new(CdrLine::from(cdr)),
    });
    let mut live: BTreeMap<&str, Leg> = BTreeMap::new();
    for event in timeline {
        let text = |name: &str| event.data.get(name).and_then(Value::as_str);
        let (Some(state), Some(id)) = (event.kind.strip_prefix("leg."), text("leg_id")) else {
            continue;
        };
        if cdrs.iter().any(|cdr| cdr.id.to_string() == id) {
            continue;
        }
        live.insert(
            id,
            Leg::Live {
                state: state.to_owned(),
                id: id.to_owned(),
                side: text("side").map(str::to_owned),
                call_id: text("call_id").map(str::to_owned),
                trunk: text("trunk_id").map(str::to_owned),
            },
        );
    }
    ended.chain(live.into_values()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(n: u32, kind: &str, leg: &str) -> Event {
        Event {
            id: n.to_string(),
            at: 0,
            kind: kind.to_owned(),
            session_id: None,
            data: json!({"leg_id": leg, "side": "caller", "trunk_id": "t", "call_id": null}),
        }
    }

    #[test]
    fn living_legs_are_known_by_their_last_event() {
        let timeline = [
            event(1, "leg.dialling", "a"),
            event(2, "leg.ringing", "a"),
            event(3, "session.step", "a"),
            event(4, "leg.dialling", "b"),
            event(5, "leg.answered", "a"),
            event(6, "leg.ended", "b"),
        ];
        let legs = serde_json::to_value(legs(&[], &timeline)).expect("JSON");
        assert_eq!(
            legs,
            json!([
                {"state": "answered", "id": "a", "side": "caller", "call_id": null, "trunk": "t"},
                {"state": "ended", "id": "b", "side": "caller", "call_id": null, "trunk": "t"}
            ])
        );
    }
}

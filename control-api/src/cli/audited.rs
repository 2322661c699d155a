//! What commands leave in the audit: they change what the API changes, and are no less to be seen.

use serde_json::Value;

use crate::clock::Clock;
use crate::store::audit::Entry;

/// A row about something that a command made.
pub(super) fn made(clock: &Clock, command: &str, noun: &str, id: &str, after: Value) -> Entry {
    Entry {
        id: clock.new_id().to_string(),
        at: clock.now_ms(),
        actor_kind: "command".to_owned(),
        actor_id: String::new(),
        actor: command.to_owned(),
        action: "create".to_owned(),
        noun: noun.to_owned(),
        noun_id: Some(id.to_owned()),
        before: Value::Null,
        after,
        done: true,
    }
}

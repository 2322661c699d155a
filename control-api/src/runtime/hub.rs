//! Live events for dashboards: everyone who subscribed gets every event, and who comes back gets what it missed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::store::events::Event;

/// Events kept in memory for those who come back; older ones are in the database.
pub const REPLAY: usize = 4_096;

/// Events a slow subscriber may lag behind before it loses some.
const LAG: usize = 1_024;

/// The hub. Cheap to clone; every clone is the same hub.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sender: broadcast::Sender<Arc<Event>>,
    recent: Mutex<VecDeque<Arc<Event>>>,
}

/// What a subscriber gets.
#[derive(Debug)]
pub struct Subscription {
    /// Events after the one it saw last, oldest first.
    pub missed: Vec<Arc<Event>>,
    /// `false` when it has been away for longer than the hub remembers: `store::events::after` has the rest.
    pub complete: bool,
    /// Everything from now on.
    pub live: broadcast::Receiver<Arc<Event>>,
}

impl Default for Hub {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(LAG);
        Hub(Arc::new(Inner {
            sender,
            recent: Mutex::new(VecDeque::new()),
        }))
    }
}

impl Hub {
    /// Tells everyone. Never waits.
    pub fn publish(&self, event: Event) {
        let event = Arc::new(event);
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == REPLAY {
            recent.pop_front();
        }
        recent.push_back(Arc::clone(&event));
        // Sent under the lock: a subscriber gets each event either as missed or live, and never both. No subscriber is no error.
        let _ = self.0.sender.send(event);
    }

    /// Subscribes. `last_seen` is the id of the last event the subscriber knows (Last-Event-ID); without it nothing was missed.
    pub fn subscribe(&self, last_seen: Option<&str>) -> Subscription {
        let recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.0.sender.subscribe();
        let Some(last_seen) = last_seen else {
            return Subscription {
                missed: Vec::new(),
                complete: true,
                live,
            };
        };
        // Ids are UUIDs of version 7: they sort in the order in which they were made.
        // A program that has just started remembers nothing.
        let complete = recent.front().is_some_and(|first| first.id.as_str() <= last_seen);
        let missed = recent
            .iter()
            .filter(|event| event.id.as_str() > last_seen)
            .cloned()
            .collect();
        Subscription {
            missed,
            complete,
            live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: usize) -> Event {
        Event {
            id: format!("{n:08}"),
            at: 0,
            kind: "session.step".into(),
            session_id: None,
            data: serde_json::Value::Null,
        }
    }

    fn missed(hub: &Hub, after: Option<&str>) -> (Vec<String>, bool) {
        let subscription = hub.subscribe(after);
        let ids = subscription.missed.iter().map(|e| e.id.clone()).collect();
        (ids, subscription.complete)
    }

    #[test]
    fn who_comes_back_gets_what_it_missed() {
        let hub = Hub::default();
        assert_eq!(missed(&hub, Some("00000001")), (vec![], false));
        (1..=3).for_each(|n| hub.publish(event(n)));
        assert_eq!(missed(&hub, None), (vec![], true));
        assert_eq!(
            missed(&hub, Some("00000001")),
            (vec!["00000002".into(), "00000003".into()], true)
        );
        assert_eq!(missed(&hub, Some("00000003")), (vec![], true));
        let (ids, complete) = missed(&hub, Some("00000000"));
        assert_eq!((ids.len(), complete), (3, false));
    }

    #[test]
    fn what_is_live_is_not_missed_as_well() {
        let hub = Hub::default();
        hub.publish(event(1));
        let mut subscription = hub.subscribe(Some("00000001"));
        hub.publish(event(2));
        assert!(subscription.missed.is_empty());
        assert_eq!(subscription.live.try_recv().expect("live").id, "00000002");
        assert!(subscription.live.try_recv().is_err());
    }

    #[test]
    fn the_ring_is_bounded_and_says_when_it_has_forgotten() {
        let hub = Hub::default();
        (1..=REPLAY + 10).for_each(|n| hub.publish(event(n)));
        let (ids, complete) = missed(&hub, Some("00000005"));
        assert_eq!((ids.len(), complete), (REPLAY, false));
        let (ids, complete) = missed(&hub, Some("00000020"));
        assert_eq!((ids.len(), complete), (REPLAY + 10 - 20, true));
    }
}

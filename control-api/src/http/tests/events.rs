//! `/v1/events` as a client reads it: what was missed, then what happens.

use axum::body::Body;
use axum::http::{Request, header};
use futures_util::StreamExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::api::{Api, START_MS};
use crate::runtime::REPLAY;
use crate::store::events::{self, Event};
use crate::store::tests::rows;
use crate::store::{campaigns, sessions, testing};

fn event(n: usize) -> Event {
    Event {
        id: format!("{n:08}"),
        at: START_MS,
        kind: if n.is_multiple_of(2) {
            "leg.answered"
        } else {
            "session.step"
        }
        .to_owned(),
        session_id: Some(format!("session-{}", n % 3)),
        data: json!({"n": n}),
    }
}

/// The first `count` events that a client with this query and Last-Event-ID reads.
async fn read(api: &Api, query: &str, last_event_id: Option<&str>, count: usize) -> Vec<String> {
    read_as(api, "tl_read", query, last_event_id, count).await
}

async fn read_as(
    api: &Api,
    key: &str,
    query: &str,
    last_event_id: Option<&str>,
    count: usize,
) -> Vec<String> {
    let mut request =
        Request::get(format!("/v1/events{query}")).header(header::AUTHORIZATION, format!("Bearer {key}"));
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    let router = super::super::router(api.app.clone());
    let response = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() < count {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    let of = |name: &str, block: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    text.split_terminator("\n\n")
        .map(|block| format!("{} {}", of("id:", block), of("event:", block)))
        .collect()
}

#[test]
fn who_comes_back_gets_what_it_missed() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        for n in 1..=4 {
            api.app.hub().publish(event(n));
        }
        let read_all = read(&api, "", Some("00000001"), 3).await;
        assert_eq!(
            read_all,
            [
                "00000002 leg.answered",
                "00000003 session.step",
                "00000004 leg.answered"
            ]
        );
        let legs = read(&api, "?kind=leg.&last_event_id=00000001", None, 2).await;
        assert_eq!(legs, ["00000002 leg.answered", "00000004 leg.answered"]);
        let one = read(&api, "?session_id=session-0", Some("00000001"), 1).await;
        assert_eq!(one, ["00000003 session.step"]);
    });
}

/// The hub has forgotten; the database has not. Nothing is told twice where the two overlap.
#[test]
fn who_was_away_for_long_gets_it_from_the_database() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let all: Vec<Event> = (1..=REPLAY + 1_200).map(event).collect();
        events::append(api.app.db(), &all).await.unwrap();
        for event in all {
            api.app.hub().publish(event);
        }
        let read = read(&api, "", Some("00000005"), REPLAY + 1_195).await;
        let ids: Vec<usize> = read.iter().map(|line| line[..8].parse().unwrap()).collect();
        assert_eq!(ids, (6..=REPLAY + 1_200).collect::<Vec<_>>());
    });
}

#[test]
fn a_wrong_last_event_id_is_refused() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let answer = api.json("read", "GET", "/v1/events?last_event_id=%27", "").await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
    });
}

/// Events of others' sessions, and of trunks, are passed over for somebody who is confined to a campaign.
#[test]
fn a_bound_key_hears_of_its_own_campaigns_sessions() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let mut told = Vec::new();
        for n in 1..=2_u128 {
            let campaign = rows::campaign(n, &format!("campaign {n}"));
            campaigns::create(api.app.db(), &campaign).await.unwrap();
            let session = rows::session(n + 10, &campaign, 1);
            sessions::create(api.app.db(), &session).await.unwrap();
            told.push((campaign.id, session.id));
        }
        let key = json!({"name": "bound", "scopes": ["read"], "campaigns": [told[0].0]});
        let key = api.made("/v1/keys", key).await;
        let of = [None, Some(1), Some(0), Some(1), None, Some(0)];
        for (n, of) in (1..).zip(of) {
            api.app.hub().publish(Event {
                session_id: of.map(|of: usize| told[of].1.clone()),
                ..event(n)
            });
        }
        let heard = read_as(&api, key["secret"].as_str().unwrap(), "", Some("00000001"), 2).await;
        assert_eq!(heard, ["00000003 session.step", "00000006 leg.answered"]);
    });
}

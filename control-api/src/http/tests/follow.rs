//! A page follows the call that it has asked for: what it is told, and who may ask.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::api::Api;
use crate::follow;
use crate::store::events::{self, Event};
use crate::store::sessions::{self, Filter};
use crate::store::{Page, testing};

/// Asks for a call as a page does; the token, and the session's id.
async fn asked(api: &Api) -> (String, String) {
    let answer = api
        .send(
            Request::get("/call/create?campaignId=library&userPhone=2025550123")
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .json();
    let token = answer["follow"].as_str().unwrap().to_owned();
    let queued = sessions::list(api.app.db(), &Filter::default(), &Page::default()).await;
    (token, queued.unwrap().items.remove(0).id)
}

async fn open(api: &Api, token: &str, query: &str, origin: &str) -> Response {
    let request = Request::get(format!("/call/follow/{token}{query}"))
        .header("origin", origin)
        .body(Body::empty());
    let router = super::super::router(api.app.clone());
    router.oneshot(request.unwrap()).await.unwrap()
}

/// The next state, and `None` when there is no more.
async fn next(stream: &mut BodyDataStream) -> Option<Value> {
    let block = stream.next().await?.unwrap();
    let text = std::str::from_utf8(&block).unwrap();
    Some(serde_json::from_str(text.strip_prefix("data: ").unwrap().trim()).unwrap())
}

fn event(api: &Api, session: &str, kind: &str, data: Value) -> Event {
    Event {
        id: api.app.clock().new_id().to_string(),
        at: api.app.clock().now_ms(),
        kind: kind.to_owned(),
        session_id: Some(session.to_owned()),
        data,
    }
}

#[test]
fn a_page_is_told_how_its_call_stands() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let script = json!({ "embed": { "targetScripts": [{ "key": "*", "text": "Please." }] } });
        let path = format!("/v1/campaigns/{campaign}");
        api.json("campaigns", "PATCH", &path, &script.to_string()).await;
        let (token, session) = asked(&api).await;
        let step = |word: &str| {
            event(
                &api,
                &session,
                "session.step",
                json!({ "status": "in-progress", "step": word }),
            )
        };
        // One event is in the database alone, one is in the hub alone, one is in both.
        let (ring, answer) = (
            event(&api, &session, "leg.ringing", json!({ "side": "caller" })),
            event(&api, &session, "leg.answered", json!({ "side": "caller" })),
        );
        events::append(api.app.db(), &[ring, answer.clone()])
            .await
            .unwrap();
        api.app.hub().publish(answer);
        api.app.hub().publish(step("confirm"));
        let mut stream = open(&api, &token, "?lang=es", "https://a.example")
            .await
            .into_body()
            .into_data_stream();
        assert_eq!(
            next(&mut stream).await.unwrap(),
            json!({ "state": "confirm", "text": "Pulse * en su teléfono para empezar." })
        );
        // What is of another session is of nobody's interest, and what changes nothing is not told.
        api.app
            .hub()
            .publish(event(&api, "another", "session.ended", json!({})));
        api.app
            .hub()
            .publish(event(&api, &session, "session.playing", json!({})));
        api.app.hub().publish(step("talking 2"));
        assert_eq!(
            next(&mut stream).await.unwrap(),
            json!({
                "state": "talking", "text": "Está hablando con Senator Mary O'Rourke (1 de 2). Pulse * para la siguiente llamada.",
                "target": { "title": "Senator", "name": "Mary O'Rourke" }, "index": 1, "count": 2, "script": "Please.",
            })
        );
        api.app.hub().publish(event(
            &api,
            &session,
            "call.ended",
            json!({ "status": "completed" }),
        ));
        api.app
            .hub()
            .publish(event(&api, &session, "session.ended", json!({})));
        assert_eq!(
            next(&mut stream).await.unwrap(),
            json!({ "state": "done", "text": "¡Gracias! Ha hecho una llamada.", "calls": 1 })
        );
        assert_eq!(next(&mut stream).await, None);
    });
}

#[test]
fn whoever_waits_is_told_their_place() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        api.world().await;
        let (_, first) = asked(&api).await;
        let (token, second) = asked(&api).await;
        assert_ne!(first, second);
        let mut stream = open(&api, &token, "", "https://a.example")
            .await
            .into_body()
            .into_data_stream();
        let state = next(&mut stream).await.unwrap();
        assert_eq!(
            state,
            json!({ "state": "queued", "text": "We will call you soon. People before you: 1.", "place": 1 })
        );
    });
}

#[test]
fn a_token_is_for_the_campaigns_pages_and_for_a_while() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let (token, session) = asked(&api).await;
        let status = async |token: &str, origin: &str| open(&api, token, "", origin).await.status().as_u16();
        let page = "https://www.example.org";
        // Neither the session's own id, nor another text, nor a token that another installation made, nor one of nobody's.
        let nobody = follow::token(api.app.keys(), "00000000-0000-0000-0000-000000000000").unwrap();
        for wrong in [&session, "x", &"f".repeat(130), &nobody] {
            assert_eq!(status(wrong, page).await, 404, "{wrong}");
        }
        let change = json!({ "origins": [page] }).to_string();
        let path = format!("/v1/campaigns/{campaign}");
        api.json("campaigns", "PATCH", &path, &change).await;
        assert_eq!(status(&token, "https://evil.example").await, 403);
        let good = open(&api, &token, "", page).await;
        assert_eq!(good.headers()["access-control-allow-origin"], page);
        assert_eq!(good.headers()["content-type"], "text/event-stream");
        // Four at once, and room again when one has gone.
        let mut open_ones = vec![good];
        for _ in 0..3 {
            open_ones.push(open(&api, &token, "", page).await);
        }
        let full = open(&api, &token, "", page).await;
        assert_eq!(
            (full.status().as_u16(), &full.headers()["retry-after"]),
            (429, &"5".parse().unwrap())
        );
        open_ones.pop();
        assert_eq!(status(&token, page).await, 200);
        // Some minutes after the end it is no token any more.
        assert!(api.app.cancel_queued(&session, "start").await.unwrap());
        assert_eq!(status(&token, page).await, 200);
        api.app.clock().advance(std::time::Duration::from_secs(300));
        assert_eq!(status(&token, page).await, 404);
    });
}

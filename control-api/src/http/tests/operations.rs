//! The operators' pages as browsers see them: each is shown to whoever may see it, its forms change what they say, and the API's refusals
//! stand at the form.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::api::Api;
use super::roles::somebody;
use super::{history, transcript};
use crate::store::testing;
use crate::store::users::Role;

/// Pages that every viewer sees.
const PAGES: [&str; 12] = [
    "/operations",
    "/operations/calls",
    "/operations/records?one_way=false&since=2026-11-01",
    "/operations/trunks",
    "/operations/routes?number=%2B12025550123",
    "/operations/numbers",
    "/operations/nodes",
    "/operations/events?kind=session.",
    "/operations/webhooks",
    "/operations/blocklist",
    "/operations/schedules?status=active",
    "/operations/trunks/new",
];

/// Pages of admins.
const ADMINS: [&str; 3] = [
    "/operations/users",
    "/operations/keys",
    "/operations/audit?noun=trunks",
];

/// A browser of somebody who has logged in.
struct Browser {
    pages: Router,
    cookie: String,
}

impl Browser {
    fn of(api: &Api, cookie: &str, language: &str) -> Browser {
        Browser {
            pages: crate::console::routes(&api.app).with_state(api.app.clone()),
            cookie: format!("trunkline_session={cookie}; trunkline_language={language}"),
        }
    }

    /// The status, the page, and where it sends its visitor.
    async fn send(&self, request: axum::http::request::Builder, body: &str) -> (StatusCode, String, String) {
        let request = request
            .header(header::COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let there = answer.headers().get(header::LOCATION);
        let there = there.map_or(String::new(), |there| there.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 4 * 1024 * 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), there)
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let (status, page, _) = self.send(Request::get(path), "").await;
        (status, page)
    }

    /// Sends a form; answers where it leads to.
    async fn form(&self, path: &str, body: &str) -> String {
        let (status, page, there) = self.send(Request::post(path), body).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {page}");
        there
    }
}

/// A world with a history, a trace and a node.
async fn world(db: crate::store::Db) -> Api {
    let api = Api::new(db).await;
    let campaign = api.world().await;
    history::write(&api, &campaign).await;
    history::trace(&api).await;
    transcript::node(&api).await;
    api
}

#[test]
fn every_page_is_shown_to_those_who_may_see_it() {
    testing::check(|db| async move {
        let api = world(db).await;
        let viewer = somebody(&api, "vera", Role::Viewer, &[]).await;
        let admin = somebody(&api, "ada", Role::Admin, &[]).await;
        let partner = somebody(&api, "pia", Role::Partner, &[]).await;
        for path in PAGES {
            for cookie in [&viewer, &admin] {
                let (status, page) = Browser::of(&api, cookie, "en").get(path).await;
                assert_eq!(status, StatusCode::OK, "{path}: {page}");
                assert!(!page.contains("class=\"fault\""), "{path}: {page}");
            }
            let (status, _) = Browser::of(&api, &partner, "en").get(path).await;
            let is_open = ["schedules", "records", "calls", "trunks/new"]
                .iter()
                .any(|open| path.contains(open));
            assert!(is_open || status == StatusCode::FORBIDDEN, "{path}: {status}");
        }
        for path in ADMINS {
            assert_eq!(
                Browser::of(&api, &admin, "en").get(path).await.0,
                StatusCode::OK,
                "{path}"
            );
            assert_eq!(
                Browser::of(&api, &viewer, "en").get(path).await.0,
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
        let (_, page) = Browser::of(&api, &viewer, "es").get("/operations/trunks").await;
        assert!(page.contains("<h1>Troncales</h1>"), "{page}");
    });
}

#[test]
fn a_ladder_is_drawn_and_told() {
    testing::check(|db| async move {
        let api = world(db).await;
        let ada = somebody(&api, "ada", Role::Admin, &[]).await;
        let browser = Browser::of(&api, &ada, "en");
        let (status, page) = browser
            .get(&format!("/sessions/{}", history::first_session()))
            .await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert_eq!(page.matches("<polygon").count(), 2, "{page}");
        assert!(page.contains("0.900 s") && page.contains("INVITE ×2"), "{page}");
        assert!(page.contains("PCMU sendrecv"), "{page}");
    });
}

#[test]
fn forms_change_what_they_say() {
    testing::check(|db| async move {
        let api = world(db).await;
        let ada = somebody(&api, "ada", Role::Admin, &[]).await;
        let browser = Browser::of(&api, &ada, "en");
        let there = browser
            .form("/operations/blocklist", "prefix=%2B1900&reason=dear")
            .await;
        assert_eq!(there, "/operations/blocklist?done=made");
        let (_, page) = browser.get(&there).await;
        assert!(
            page.contains("+1900") && page.contains("role=\"status\""),
            "{page}"
        );

        assert_eq!(
            browser.form("/operations/nodes/gw.1", "deed=drain").await,
            "/operations/nodes?done=saved"
        );
        let (_, page) = browser.get("/operations/nodes").await;
        assert!(page.contains("value=\"resume\""), "{page}");
        assert!(
            browser
                .form("/operations/nodes/nobody", "deed=drain")
                .await
                .contains("?fault=no%20node")
        );

        let (status, page, _) = browser
            .send(Request::post("/operations/keys"), "name=form&scopes=calls")
            .await;
        assert!(status == StatusCode::OK && page.contains("tl_"), "{page}");
        let (_, page) = browser.get("/operations/keys").await;
        assert!(page.contains("<td>form</td>") && !page.contains(">tl_"), "{page}");

        let (status, page, _) = browser
            .send(Request::post("/operations/users"), "name=bo&role=staff")
            .await;
        assert!(
            status == StatusCode::OK && page.contains("Password of bo"),
            "{page}"
        );

        let trunk = "name=second&host=192.0.2.20&transport=udp&codecs=PCMU&dtmf=rfc4733&srtp=off&number_format=e164_plus&max_cps=5";
        let there = browser.form("/operations/trunks", trunk).await;
        let path = there.split('?').next().unwrap();
        assert_eq!(
            browser
                .form(path, &format!("{trunk}&enabled=on&max_channels=30"))
                .await,
            format!("{path}?done=saved")
        );
        let (_, page) = browser.get(path).await;
        assert!(page.contains("<meter min=\"0\" max=\"30\""), "{page}");
        // What the API refuses stands at its field, and what was filled in stays.
        let (status, page, _) = browser
            .send(Request::post(path), &format!("{trunk}&max_channels=-7"))
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("value=\"-7\" aria-invalid=\"true\""), "{page}");
        assert_eq!(
            browser.form(&format!("{path}/remove"), "").await,
            "/operations/trunks?done=removed"
        );
    });
}

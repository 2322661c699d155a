//! /operations/trunks: how each trunk is now against what it may do, and what it is set to.

use axum::extract::{OriginalUri, Path};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::Live;
use super::super::parts;
use super::super::say::Say;
use super::{Tab, back, nothing, number_or, page, percent, query_of, tenth, told};

/// Between two looks: no event tells how many channels are in use.
const EVERY_SECONDS: u8 = 2;

/// How a trunk is.
#[derive(Deserialize)]
pub(super) struct Status {
    id: String,
    name: String,
    health: String,
    registration: String,
    registration_status: Option<u16>,
    servers: Vec<Server>,
    round_trip_ms: Option<f64>,
    channels: i64,
    max_channels: i64,
    cps_now: f64,
    cps_allowed: Option<f64>,
    cps_learned: Option<f64>,
    paused_ms: Option<f64>,
    attempts: i64,
    asr: Option<f64>,
    acd_ms: Option<f64>,
    pdd_ms: Option<f64>,
    loss: Option<f64>,
    mos: Option<f64>,
    one_way_recent: i64,
}

#[derive(Deserialize)]
struct Server {
    address: String,
    health: String,
    round_trip_ms: Option<f64>,
}

#[derive(Deserialize)]
struct Overview {
    trunks: Vec<Status>,
}

pub(super) async fn list(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let now: Overview = visitor.api.get("/v1/overview").await?;
    let body = html! {
        (told(say, &query_of(&uri)))
        @if visitor.may_all() { p { a.button.main href="/operations/trunks/new" { (say.t("New trunk")) } } }
        div #trunks data-live { (table(say, &now.trunks)) }
        p.hint { (say.t("Answered, mean length, delay, loss and MOS are of the legs that we dialled within the last hour, at most the last 2,000. Channels and calls a second are those of this node.")) }
    };
    let live = Live::Calls { every: EVERY_SECONDS };
    Ok(page(&visitor, Tab::Trunks, say.t("Trunks"), &body)
        .live(live)
        .show(&visitor))
}

/// Every trunk in a row.
pub(super) fn table(say: Say, trunks: &[Status]) -> Markup {
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("Trunks")) { table {
            thead { tr {
                th { (say.t("Trunk")) } th { (say.t("Health")) } th { (say.t("Registration")) } th { (say.t("Channels")) }
                th { (say.t("Calls a second")) } th.number { (say.t("Dialled")) } th.number { (say.t("Answered")) }
                th.number { (say.t("Mean length")) } th.number { (say.t("Until it rang")) } th.number { (say.t("Loss")) }
                th.number { "MOS" } th.number { (say.t("One way")) }
            } }
            tbody {
                @for trunk in trunks {
                    tr {
                        td { a href={ "/operations/trunks/" (trunk.id) } { (trunk.name) } }
                        td { (parts::badge(say, &trunk.health)) }
                        td { (registration(say, trunk)) }
                        td { (channels(say, trunk)) }
                        td { (rate(say, trunk)) }
                        td.number { (say.number(trunk.attempts)) }
                        td.number { (percent(trunk.asr)) }
                        td.number { (length(trunk.acd_ms)) }
                        td.number { (delay(trunk.pdd_ms)) }
                        td.number { (percent(trunk.loss)) }
                        td.number { (tenth(trunk.mos)) }
                        td.number { (say.number(trunk.one_way_recent)) }
                    }
                }
                @if trunks.is_empty() { (nothing(say, 12)) }
            }
        } }
    }
}

fn registration(say: Say, trunk: &Status) -> Markup {
    html! {
        @if trunk.registration == "none" { "–" } @else {
            (parts::badge(say, &trunk.registration))
            @if let Some(status) = trunk.registration_status { " " (status) }
        }
    }
}

/// In use against what it may, as a bar and in figures.
fn channels(say: Say, trunk: &Status) -> Markup {
    html! {
        @if trunk.max_channels > 0 {
            meter min="0" max=(trunk.max_channels) value=(trunk.channels.min(trunk.max_channels)) aria-label=(say.t("Channels")) {}
            " " (trunk.channels) " / " (trunk.max_channels)
        } @else { (trunk.channels) }
    }
}

fn rate(say: Say, trunk: &Status) -> Markup {
    html! {
        @if let Some(most) = trunk.cps_allowed {
            meter min="0" max=(most.max(0.001)) value=(trunk.cps_now.min(most)) aria-label=(say.t("Calls a second")) {}
            " " (tenth(Some(trunk.cps_now))) " / " (tenth(Some(most)))
        } @else { (tenth(Some(trunk.cps_now))) }
        @if let Some(learned) = trunk.cps_learned { " " span.badge.mild { (say.t("slowed to")) " " (tenth(Some(learned))) } }
    }
}

fn whole(value: Option<f64>) -> Option<i64> {
    // Text between, so that no cast cuts anything off.
    value.and_then(|value| format!("{value:.0}").parse().ok())
}

fn length(ms: Option<f64>) -> String {
    whole(ms).map_or("–".to_owned(), parts::duration)
}

fn delay(ms: Option<f64>) -> String {
    whole(ms).map_or("–".to_owned(), |ms| format!("{ms} ms"))
}

pub(super) async fn one(visitor: Visitor, Path(id): Path<String>, uri: OriginalUri) -> Answer {
    let trunk: Value = visitor.api.get(&format!("/v1/trunks/{}", encoded(&id))).await?;
    let filled = Filled::of(&trunk);
    let query = query_of(&uri);
    shown(&visitor, &id, &filled, &query).await
}

async fn shown(visitor: &Visitor, id: &str, filled: &Filled, query: &Filled) -> Answer {
    let say = visitor.say;
    let status: Status = visitor
        .api
        .get(&format!("/v1/trunks/{}/status", encoded(id)))
        .await?;
    let there = format!("/operations/trunks/{}", encoded(id));
    let body = html! {
        (told(say, query))
        div #status data-live { (figures(say, &status)) }
        h2 { (say.t("Settings")) }
        form method="post" action=(there) {
            (filled.complaint())
            (fields(visitor, filled))
            @if visitor.may_all() { button.main type="submit" { (say.t("Save")) } }
        }
        @if visitor.may_all() {
            p { (parts::careful_button(&format!("{there}/remove"), &say.t("Remove"), &say.t("Remove this trunk? No call can use it any more."))) }
        }
    };
    let live = Live::Calls { every: EVERY_SECONDS };
    Ok(page(visitor, Tab::Trunks, status.name.clone(), &body)
        .live(live)
        .show(visitor))
}

fn figures(say: Say, trunk: &Status) -> Markup {
    let ms = |value: Option<f64>| value.map_or("–".to_owned(), |ms| format!("{ms:.0} ms"));
    html! {
        dl.figures {
            (parts::figure(&say.t("Health"), parts::badge(say, &trunk.health)))
            (parts::figure(&say.t("Registration"), registration(say, trunk)))
            (parts::figure(&say.t("Channels"), channels(say, trunk)))
            (parts::figure(&say.t("Calls a second"), rate(say, trunk)))
            (parts::figure(&say.t("Answered"), percent(trunk.asr)))
            (parts::figure(&say.t("Mean length"), length(trunk.acd_ms)))
            (parts::figure(&say.t("Until it rang"), delay(trunk.pdd_ms)))
            (parts::figure(&say.t("Loss"), percent(trunk.loss)))
            (parts::figure("MOS", tenth(trunk.mos)))
            (parts::figure(&say.t("One way"), say.number(trunk.one_way_recent)))
            (parts::figure(&say.t("Round trip"), ms(trunk.round_trip_ms)))
            @if trunk.paused_ms.is_some() { (parts::figure(&say.t("It asks for a pause of"), ms(trunk.paused_ms))) }
        }
        table {
            caption { (say.t("Its servers, as calls try them")) }
            thead { tr { th { (say.t("Address")) } th { (say.t("Health")) } th.number { (say.t("Round trip")) } } }
            tbody {
                @for server in &trunk.servers {
                    tr { td { (server.address) } td { (parts::badge(say, &server.health)) } td.number { (ms(server.round_trip_ms)) } }
                }
                @if trunk.servers.is_empty() { (nothing(say, 3)) }
            }
        }
    }
}

pub(super) async fn new(visitor: Visitor) -> Answer {
    let filled = Filled::of(&json!({
        "transport": "udp", "codecs": ["PCMU", "PCMA"], "dtmf": "rfc4733", "srtp": "off", "number_format": "e164_plus",
        "max_channels": 0, "max_cps": 0, "enabled": true,
    }));
    Ok(form_of_new(&visitor, &filled))
}

fn form_of_new(visitor: &Visitor, filled: &Filled) -> axum::response::Response {
    let say = visitor.say;
    let body = html! {
        form method="post" action="/operations/trunks" {
            (filled.complaint())
            (fields(visitor, filled))
            @if visitor.may_all() { button.main type="submit" { (say.t("Save")) } }
        }
    };
    page(visitor, Tab::Trunks, say.t("New trunk"), &body).show(visitor)
}

fn fields(visitor: &Visitor, filled: &Filled) -> Markup {
    let say = visitor.say;
    let plain = |words: &[&str]| -> Vec<(String, String)> {
        words
            .iter()
            .map(|word| ((*word).to_owned(), (*word).to_owned()))
            .collect()
    };
    html! {
        fieldset disabled[!visitor.may_all()] {
            legend { (say.t("Where it is")) }
            (Field::new("name", say.t("Name")).required().input(filled))
            (Field::new("host", say.t("Host")).hint(say.t("A name or an address: where our requests go.")).required().input(filled))
            (Field::new("port", say.t("Port")).hint(say.t("Empty: as its host's records say.")).kind("number").input(filled))
            (Field::new("transport", say.t("Transport")).select(filled, &plain(&["udp", "tcp", "tls", "auto"])))
            (Field::new("allow", say.t("Networks that may call us")).hint(say.t("One a line, such as 192.0.2.0/24; beside the host's own addresses.")).area(filled, 2))
            (Field::new("username", say.t("User name")).autocomplete("off").input(filled))
            (Field::new("password", say.t("Password")).hint(say.t("It is never shown. Empty: as it is.")).kind("password").autocomplete("new-password").input(filled))
            (Field::new("register", say.t("Register with it")).tick(filled))
        }
        fieldset disabled[!visitor.may_all()] {
            legend { (say.t("What it takes")) }
            (Field::new("max_channels", say.t("Most legs at once")).hint(say.t("0: no limit.")).kind("number").input(filled))
            (Field::new("max_cps", say.t("Most new legs a second")).hint(say.t("0: no limit.")).kind("number").input(filled))
            (Field::new("codecs", say.t("Codecs, best first")).hint("PCMU, PCMA, G722, opus").area(filled, 2))
            (Field::new("dtmf", say.t("How keys travel")).select(filled, &plain(&["rfc4733", "info", "inband"])))
            (Field::new("srtp", say.t("Encrypted media")).select(filled, &plain(&["off", "optional", "required"])))
            (Field::new("number_format", say.t("How it wants numbers")).select(filled, &plain(&["e164_plus", "e164", "national"])))
            (Field::new("tech_prefix", say.t("Digits before every number")).input(filled))
            (Field::new("caller_id", say.t("Its own number")).kind("tel").input(filled))
            (Field::new("enabled", say.t("New calls may use it")).tick(filled))
        }
    }
}

/// As the API wants it. What the form does not have stays as it is.
fn body(filled: &Filled) -> Value {
    let limit = |name: &str| number_or(filled, name, 0);
    let mut body = json!({
        "name": filled.string("name"),
        "host": filled.string("host"),
        "port": filled.number("port"),
        "transport": filled.string("transport"),
        "allow": filled.lines("allow"),
        "username": filled.string("username"),
        "register": filled.has("register"),
        "codecs": filled.lines("codecs"),
        "dtmf": filled.string("dtmf"),
        "srtp": filled.string("srtp"),
        "number_format": filled.string("number_format"),
        "tech_prefix": filled.string("tech_prefix"),
        "max_channels": limit("max_channels"),
        "max_cps": limit("max_cps"),
        "caller_id": filled.optional("caller_id"),
        "enabled": filled.has("enabled"),
    });
    if filled.has("password") {
        body["password"] = filled.string("password");
    }
    body
}

pub(super) async fn create(visitor: Visitor, filled: Filled) -> Answer {
    match visitor.api.post("/v1/trunks", body(&filled)).await {
        Ok(made) => {
            let id = made["id"].as_str().unwrap_or_default();
            Ok(Redirect::to(&format!("/operations/trunks/{id}?done=made")).into_response())
        }
        Err(refused) => {
            let page = form_of_new(&visitor, &filled.refused(refused));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn save(visitor: Visitor, Path(id): Path<String>, filled: Filled) -> Answer {
    let path = format!("/v1/trunks/{}", encoded(&id));
    match visitor.api.send(Method::PATCH, &path, body(&filled)).await {
        Ok(_) => back(&format!("/operations/trunks/{}", encoded(&id)), Ok(()), "saved"),
        Err(refused) => {
            let page = shown(&visitor, &id, &filled.refused(refused), &Filled::default()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn remove(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let path = format!("/v1/trunks/{}", encoded(&id));
    let done = visitor.api.send(Method::DELETE, &path, Value::Null).await;
    let there = match done {
        Ok(_) => "/operations/trunks".to_owned(),
        Err(_) => format!("/operations/trunks/{}", encoded(&id)),
    };
    back(&there, done, "removed")
}

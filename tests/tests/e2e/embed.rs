//! A form on somebody's own page, in a real browser: it posts to `/call/create` across origins as CallPower's embed script does, and reads
//! the answer as that script does. Another page, another script: what is shared is what goes over the wire.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::page::Site;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, OURS, Plan, Stage};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, sipps};

/// Fills its form and sends it for each of CASES, one after the other, and tells its own server what it shows then.
///
/// CallPower's script sends campaignId, userLocation, userPhone and userCountry without a key of ours; it goes on only when the answer's
/// `campaign` is `live` and its `call` is `queued`, and then shows `script` and `fromNumber` and may go to `redirect`.
const PAGE: &str = r#"<!doctype html>
<title>Act now</title>
<form id="form"><input name="phone"><input name="zip"><button>Call</button></form>
<div id="shown"></div>
<script>
const CREATE = "{CREATE}", CASES = {CASES};
const form = document.getElementById("form"), shown = document.getElementById("shown");
let one, next;
function show(html) {
  shown.innerHTML = html;
  fetch("/shown?" + encodeURIComponent(one.name + ": " + shown.innerText)).then(next);
}
function judge(request) {
  if (request.status === 0) return show("the browser has blocked it");
  let answer;
  try { answer = JSON.parse(request.responseText); } catch (error) { return show("no JSON"); }
  if (request.status !== 200) return show(request.status + " " + answer.error + ", " + answer.description);
  if (answer.campaign === "archived") return show("it is over");
  if (answer.campaign !== "live") return show("it is not live");
  if (answer.call !== "queued") return show("no call");
  show(answer.script + " from " + answer.fromNumber + " then " + answer.redirect);
}
form.addEventListener("submit", event => {
  event.preventDefault();
  const fields = new URLSearchParams({
    campaignId: one.campaign, userPhone: form.phone.value, userLocation: form.zip.value, userCountry: "US", ref: "newsletter",
  });
  const request = new XMLHttpRequest();
  request.onload = request.onerror = () => judge(request);
  if (one.method === "GET") {
    request.open("GET", CREATE + "?" + fields);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.send();
  } else {
    request.open("POST", CREATE);
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    request.send(fields.toString());
  }
});
(async () => {
  for (one of CASES) {
    form.phone.value = one.phone;
    form.zip.value = "20001";
    await new Promise(done => { next = done; form.requestSubmit(); });
  }
})();
</script>
"#;

fn case(name: &str, method: &str, campaign: &str, phone: &str) -> Value {
    json!({ "name": name, "method": method, "campaign": campaign, "phone": phone })
}

async fn another(world: &World, name: &str, action: Option<&str>, origins: &[&str]) -> Result<()> {
    let made = world
        .post("/v1/campaigns", json!({ "name": name, "origins": origins }))
        .await?;
    if let Some(action) = action {
        let id = made["id"].as_str().unwrap_or_default();
        world
            .post(&format!("/v1/campaigns/{id}/{action}"), json!({}))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_form_on_another_page_starts_calls() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        // The telephone rings, and that is what is asked for: nobody takes it.
        let caller = Scenario::answering("caller")
            .ringing()
            .pause(500)
            .reject("486 Busy Here", "");
        let mut caller = sipps(world.path(), &caller, 2)?;
        let plan = Plan {
            callers: vec![caller.port],
            campaign: json!({ "script": "<b>Please</b> help", "redirect": "https://example.org/thanks" }),
            ..Plan::default()
        };
        let stage = Stage::set(&world, &plan).await?;
        another(&world, "resting", None, &["*"]).await?;
        another(&world, "over", Some("archive"), &["*"]).await?;
        another(&world, "elsewhere", None, &["https://elsewhere.example"]).await?;
        let cases = json!([
            case("bad number", "GET", &stage.campaign, "12"),
            case("bad number, posted", "POST", &stage.campaign, "none"),
            case("resting", "GET", "resting", CALLER),
            case("over", "POST", "over", CALLER),
            case("unknown", "GET", "4711", CALLER),
            case("of another page", "POST", "elsewhere", CALLER),
            case("good", "GET", &stage.campaign, "(202) 555-0123"),
            case("good, posted", "POST", "test", CALLER),
            case("too often", "GET", &stage.campaign, CALLER),
        ]);
        let html = PAGE
            .replace("{CREATE}", &world.url("/call/create"))
            .replace("{CASES}", &cases.to_string());
        let site = Site::serve(html).await?;
        let shown = site.open(world.path(), 9).await?;
        let good = format!("Please help from {OURS} then https://example.org/thanks");
        let number = "400 Bad Request, userPhone: this is not a telephone number of country us";
        let expected = [
            format!("bad number: {number}"),
            format!("bad number, posted: {number}"),
            "resting: it is not live".to_owned(),
            "over: it is over".to_owned(),
            "unknown: 400 Bad Request, there is no campaign of this campaignId".to_owned(),
            "of another page: the browser has blocked it".to_owned(),
            format!("good: {good}"),
            format!("good, posted: {good}"),
            "too often: 429 Too Many Requests, 2 per 1 hour".to_owned(),
        ];
        let as_expected = |(shown, expected): (&String, &String)| shown.starts_with(expected.as_str());
        ensure!(
            shown.len() == expected.len() && shown.iter().zip(&expected).all(as_expected),
            "{shown:#?}\n{}",
            world.printed()
        );
        caller.finished(SIPP)?;
        let over = |list: &Value| {
            let items = list["items"].as_array();
            items.is_some_and(|all| {
                all.len() == 2
                    && all
                        .iter()
                        .all(|s| s["status"] == "busy" && s["ref"] == "newsletter")
            })
        };
        world.until("/v1/sessions", SESSION, over).await?;
    }
    Ok(())
}

//! The form's script on pages of another origin, in a real browser: every way to show the script, what a person is told, what the page is
//! told, and pages that were written for CallPower's script. Every page has a strict Content-Security-Policy.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::page::{Page, Site};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{OURS, Plan, Stage};
use trunkline_tests::world::World;

use super::located::{DIVISIONS, OFFICIALS};
use super::{SIPP, sipps};

/// What every page has at hand: it fills in, presses, and tells what it sees.
const DRIVER: &str = r#"
const heard = [];
const q = (what) => document.querySelector(what);
const show = (text) => fetch("/shown?" + encodeURIComponent(text));
const until = (what) => new Promise((done) => {
  const look = () => { const found = what(); if (found) done(found); else setTimeout(look, 20); };
  look();
});
const send = () => q("form").requestSubmit();
const told = () => heard.splice(0).join(", ");
addEventListener("securitypolicyviolation", (event) => show(`violation: ${event.violatedDirective} ${event.blockedURI}`));
addEventListener("error", (event) => show(`error: ${event.message}`));
for (const name of ["success", "error", "close"]) addEventListener("callpower:" + name, () => heard.push(name));
addEventListener("callpower:submit", (event) => heard.push(new URLSearchParams({ ...event.detail, campaignId: "" }).toString()));
addEventListener("submit", () => heard.push("the page has its form"));
window.alert = (text) => heard.push(`alert ${text}`);
"#;

/// A page: its language, its options, what stands on it, which script it loads, and what happens there.
struct Told {
    path: &'static str,
    lang: &'static str,
    options: &'static str,
    body: &'static str,
    /// Below `/api/campaign/`.
    script: &'static str,
    does: &'static str,
    next: &'static str,
}

impl Told {
    fn page(&self, ours: &str) -> Page {
        let Told {
            path,
            lang,
            options,
            body,
            script,
            does,
            next,
        } = self;
        let html = format!(
            "<!doctype html><html lang=\"{lang}\"><title>Act</title><body>{body}\
             <script nonce=\"n\">{DRIVER}{options}</script>\n<script src=\"{ours}/api/campaign/{script}\"></script>\n\
             <script nonce=\"n\">(async () => {{ await until(() => document.readyState === \"complete\"); {does}\nlocation.href = \"{next}\"; }})();</script></body></html>"
        );
        Page {
            path,
            html,
            policy: format!(
                "default-src 'none'; script-src 'nonce-n' {ours}; connect-src 'self' {ours}; base-uri 'none'; form-action 'none'"
            ),
        }
    }
}

const FORM: &str = r#"<form id="call_form"><input id="phone_id"><button>Call</button></form>"#;
const FILLED: &str =
    r#"<form id="call_form"><input id="phone_id" value="(202) 555-0123"><button>Call</button></form>"#;

const PAGES: [Told; 9] = [
    Told {
        path: "/",
        lang: "en",
        options: "",
        body: "<p>Begins</p>",
        script: "test/embed.js",
        does: r#"
                await show(`no form, no harm: ${window.callPowerForm.form === undefined || window.callPowerForm.form.length}`);"#,
        next: "/overlay?ref=newsletter",
    },
    Told {
        path: "/overlay",
        lang: "es-MX",
        options: "",
        body: FORM,
        script: "test/embed.js",
        does: r##"
                send();
                const error = await until(() => q("[role=alert]"));
                const field = q("#phone_id");
                await show(`${document.title}: ${error.textContent} ${field.getAttribute("aria-invalid")} ${document.activeElement.id}`);
                told();
                field.value = "(202) 555-0123";
                send();
                const dialog = await until(() => q("dialog[open]"));
                await until(() => q("form").dataset.thanked);
                await show(`${q(".callpower-script").innerText}; ${document.activeElement.ariaLabel}; ${q("[role=alert]")}; ${told()}`);
                await show(`styled ${getComputedStyle(dialog).borderTopWidth} ${getComputedStyle(q(".callpower-script b")).color}`);
                q(".callpower-close-text").click();
                await until(() => heard.length > 1);
                await show(`${q("dialog")} ${document.activeElement.id} ${told()} ${q("form").dataset.thanked}`);"##,
        next: "/replace",
    },
    Told {
        path: "/replace",
        lang: "en",
        options: "CallPowerOptions = { scriptDisplay: 'replace', ref: () => 'x'.repeat(80), phoneDisplay: '#from' };",
        body: r#"<form id="call_form"><input id="phone_id" value="2025550123"></form><p id="from"></p>"#,
        script: "test/embed.js",
        does: r##"
                send();
                const panel = await until(() => q(".callpower-panel"));
                const ref = new URLSearchParams(told().split(",")[0]).get("ref");
                await show(`${q("form").offsetParent} ${panel.innerText} ${document.activeElement === panel} ${q("#from").textContent} ${ref.length}`);"##,
        next: "/alert?source=letter",
    },
    Told {
        path: "/alert",
        lang: "en",
        options: "CallPowerOptions = { scriptDisplay: 'alert', submitDelay: 200 };",
        body: FILLED,
        script: "test/embed.js",
        does: r##"
                send();
                await until(() => heard.length > 3);
                await show(told());"##,
        next: "/custom",
    },
    Told {
        path: "/custom",
        lang: "en",
        options: "CallPowerOptions = { scriptDisplay: 'custom', customJS() { this.form[0].append(this.getCountry()); },\
                      onSuccess(answer) { heard.push(answer.call); return CallPowerForm.prototype.onSuccess.call(this, answer); } };",
        body: FILLED,
        script: "test/embed.js",
        does: r##"
                send();
                await until(() => heard.length > 3);
                await show(`${document.body.innerText} ${q(".callpower-script")} ${told()}`);"##,
        next: "/redirect",
    },
    Told {
        path: "/redirect",
        lang: "en",
        options: "CallPowerOptions = { scriptDisplay: 'redirect', redirectAfter: '/landed' };",
        body: FILLED,
        script: "test/embed.js",
        does: "send(); await new Promise(() => 0);",
        next: "",
    },
    Told {
        path: "/landed",
        lang: "en",
        options: "",
        body: "<p>Thanks</p>",
        script: "test/CallPowerForm.js",
        does: r#"await show("landed");"#,
        next: "/old",
    },
    Told {
        path: "/old",
        lang: "en",
        options: "window.CallPowerOptions = { form: '#f', phoneField: '#p', locationField: '#a, #b', scriptDisplay: 'replace',\
                      customJS: 'alert(1)', phone: function() { return this.phoneField.val().replace('call ', ''); },\
                      onError: function(element, message) { element.addClass('wrong'); heard.push(message); return false; } };",
        body: r#"<form></form><form id="f"><input id="p" value="call 2025550123"><input id="a" value="1 Main St"><input id="b"></form>"#,
        script: "test/CallPowerForm.js",
        does: r##"
                const form = new CallPowerForm("#f");
                form.phone = () => false;
                q("#f").requestSubmit();
                await until(() => heard.length > 1);
                await show(`${q("#p").className}: ${told()}`);
                delete form.phone;
                form.phone = CallPowerOptions.phone;
                q("#b").value = "Springfield";
                q("#f").requestSubmit();
                await until(() => q(".callpower-panel"));
                await show(`${q(".callpower-panel").innerText} ${told()}`);"##,
        next: "/place",
    },
    Told {
        path: "/place",
        lang: "fr",
        options: "CallPowerOptions = { locationField: ['#street', '#code'] };\
                      addEventListener('callpower:submit', (event) => event.preventDefault());",
        body: r#"<form id="call_form"><input type="tel" value="+12025550123"><input id="code"><input id="street"></form>"#,
        script: "place/embed.js",
        does: r##"
                const tried = async (street, code) => {
                  [q("#street").value, q("#code").value] = [street, code];
                  told();
                  await callPowerForm.makeCall();
                  const error = q("[role=alert]");
                  await show(`${street}|${code}: ${error ? error.textContent : new URLSearchParams(told()).get("userLocation")}`);
                };
                await tried("", "2000");
                await tried("1 Main St", "20001");
                await tried("20001-1234", "");
                callPowerForm.country = "CA";
                await tried("", "20001");
                await tried("", "D1A 0B1");
                await tried("k1a", "0b1");"##,
        next: "/end",
    },
];

#[tokio::test]
async fn every_way_to_show_the_script() -> Result<()> {
    let world = World::start().await?;
    world.import("divisions", DIVISIONS)?;
    world.import("officials", OFFICIALS)?;
    let caller = Scenario::answering("caller")
        .ringing()
        .reject("486 Busy Here", "");
    let mut caller = sipps(world.path(), &caller, 6)?;
    let plan = Plan {
        callers: vec![caller.port],
        campaign: json!({
            "script": "<b>Please</b> help",
            "limits": { "phone_per_hour": 100, "phone_per_day": 100, "ip_per_hour": 100 },
            "embed": {
                "companion": false, "overlayCloseText": "Done", "customOnload": "document.title = 'ready'",
                "customJS": "this.form[0].dataset.thanked = 'yes' // ours", "customCSS": ".callpower-script b { color: rgb(1, 2, 3) }",
            },
        }),
        ..Plan::default()
    };
    Stage::set(&world, &plan).await?;
    let located =
        json!({ "name": "place", "type": "congress", "segment_by": "location", "locate_by": "postal" });
    world.post("/v1/campaigns", located).await?;
    let ours = world.url("");
    let site = Site::of(PAGES.iter().map(|told| told.page(&ours)).collect()).await?;
    let asked = "campaignId=&userPhone=2025550123&userCountry=US";
    let expected = [
        "no form, no harm: true".to_owned(),
        "ready: Escriba su número de teléfono con el código de área. true phone_id".to_owned(),
        format!("Please help; Cerrar; null; {asked}&ref=newsletter, success"),
        "styled 0px rgb(1, 2, 3)".to_owned(),
        "null phone_id close, the page has its form yes".to_owned(),
        format!("null Please help true {OURS} 64"),
        format!("{asked}&ref=letter, alert Please help, success, the page has its form"),
        format!("CallUS null {asked}, queued, success, the page has its form"),
        "landed".to_owned(),
        "wrong: error, Please enter your phone number with its area code.".to_owned(),
        format!(
            "Please help {}, success",
            asked.replace("&userCountry", "&userLocation=1+Main+St+Springfield&userCountry")
        ),
        "|2000: Indiquez votre code postal : cinq chiffres.".to_owned(),
        "1 Main St|20001: 20001".to_owned(),
        "20001-1234|: 20001-1234".to_owned(),
        "|20001: Indiquez votre code postal, comme K1A 0B1.".to_owned(),
        "|D1A 0B1: Indiquez votre code postal, comme K1A 0B1.".to_owned(),
        "k1a|0b1: k1a 0b1".to_owned(),
    ];
    let shown = site.open(world.path(), expected.len()).await?;
    ensure!(shown == expected, "{shown:#?}\n{}", world.printed());
    caller.finished(SIPP)?;
    let sessions = world.get("/v1/sessions").await?;
    let refs: Vec<&Value> = sessions["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|session| &session["ref"])
        .collect();
    ensure!(
        refs.len() == 6 && refs.contains(&&json!("newsletter")) && refs.contains(&&json!("letter")),
        "{refs:?}"
    );
    Ok(())
}

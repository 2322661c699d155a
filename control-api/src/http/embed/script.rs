//! The script as it is served: the form's code, its words and style, and one campaign's settings, put in as JSON.

use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::compat::answer::{Fault, script_safe, text};
use super::words::LANGUAGES;
use crate::store::campaigns::{Campaign, Embed};

/// How long browsers may keep a script or a page: as long as a change of a campaign's settings may take to be seen.
pub(super) const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Options that are code, or for the server alone.
const NOT_OPTIONS: [&str; 3] = ["customJS", "customOnload", "targetScripts"];

/// The script without its campaign: `function callPower(…) {…}`.
static CODE: LazyLock<String> = LazyLock::new(|| lean(include_str!("form.js"), "//"));

/// Words and style, as arguments.
static WORDS_AND_STYLE: LazyLock<String> = LazyLock::new(|| {
    let words: Map<String, Value> = LANGUAGES
        .iter()
        .map(|(tag, language)| (tag.clone(), serde_json::json!(language.form)))
        .collect();
    let style = lean(include_str!("form.css"), "/*");
    format!("{},{}", literal(&words), literal(&style))
});

/// What the script knows of its campaign.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    id: &'a str,
    /// Where calls are asked for.
    create: String,
    /// Where they are followed, before the token.
    follow: String,
    /// Capitals.
    country: String,
    locate_by: &'a str,
    language: &'a str,
    options: Map<String, Value>,
}

/// What the script does of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `embed.js`: it makes the form, and runs what the campaign's admin wrote.
    Whole,
    /// `CallPowerForm.js`: it waits to be asked. It holds nothing that an admin wrote as code, so that our own page may load it, whose
    /// origin is the console's.
    Class,
}

/// The script of a campaign, for an installation at `public_url`.
pub(super) fn script(public_url: &str, campaign: &Campaign, kind: Kind) -> String {
    let embed = &campaign.settings.embed;
    let config = Config {
        id: &campaign.id,
        create: format!("{public_url}/call/create"),
        follow: format!("{public_url}/call/follow/"),
        country: campaign.country.to_uppercase(),
        locate_by: campaign.locate_by.as_str(),
        language: &campaign.language,
        options: options(embed),
    };
    let own = match kind {
        Kind::Whole => format!(
            "{{start:true{}{}}}",
            function("customJS", &embed.custom_js),
            function("customOnload", &embed.custom_onload)
        ),
        Kind::Class => "{}".to_owned(),
    };
    format!(
        "window.CallPowerForm=(function(){{\n{}\nreturn callPower({},{},{own});\n}})();\n",
        *CODE,
        literal(&config),
        *WORDS_AND_STYLE
    )
}

/// A function around an admin's code, as one more field. Line ends on both sides: its last line may be a comment.
fn function(name: &str, code: &str) -> String {
    match code.trim() {
        "" => String::new(),
        code => format!(",{name}:function($){{\n{code}\n}}"),
    }
}

/// Options that say something, and the display.
fn options(embed: &Embed) -> Map<String, Value> {
    let fields = |embed: &Embed| match serde_json::to_value(embed) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    };
    let usual = fields(&Embed::default());
    let said = fields(embed).into_iter().filter(|(name, value)| {
        let is_option = !NOT_OPTIONS.contains(&name.as_str());
        is_option && (name == "scriptDisplay" || usual.get(name) != Some(value))
    });
    said.collect()
}

fn literal(value: &impl Serialize) -> String {
    script_safe(&text(value))
}

/// Without indentation, empty lines, and lines that are a comment.
pub(super) fn lean(source: &str, comment: &str) -> String {
    let lines = source.lines().map(str::trim);
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with(comment))
        .collect();
    kept.join("\n")
}

/// A script for any page; or why not, which any page may read.
pub(super) fn answer(script: Result<String, Fault>) -> Response {
    let any: (HeaderName, HeaderValue) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let of_any = (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    match script {
        Ok(script) => {
            let headers = [
                any,
                of_any,
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/javascript; charset=utf-8"),
                ),
                (
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ),
                (header::CACHE_CONTROL, CACHE),
            ];
            (headers, script).into_response()
        }
        Err(fault) => ([any], fault).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::rows;

    const URL: &str = "https://calls.example.org";
    /// The script, the form and its style and words together.
    const MOST_BYTES: usize = 15 * 1024;

    fn campaign(change: impl FnOnce(&mut Embed)) -> Campaign {
        let mut campaign = rows::campaign(1, "library");
        change(&mut campaign.settings.embed);
        campaign
    }

    /// The line that calls the script, up to its words.
    fn config(script: &str) -> &str {
        let (_, call) = script.rsplit_once("return callPower(").unwrap();
        call.split_once(",{\"en\":").unwrap().0
    }

    #[test]
    fn it_stays_under_15_kib() {
        let all = campaign(|embed| {
            embed.form = "#action-form".to_owned();
            embed.phone_field = "#phone-number".to_owned();
            embed.location_field = "#street, #postal-code".to_owned();
            embed.phone_display = ".our-number".to_owned();
        });
        let script = script("https://calls.campaigns.example.org", &all, Kind::Whole);
        assert!(script.len() < MOST_BYTES, "{} bytes", script.len());
    }

    #[test]
    fn the_campaign_is_put_in() {
        let plain = campaign(|_| {});
        let id = &plain.id;
        assert_eq!(
            config(&script(URL, &plain, Kind::Class)),
            format!(
                "{{\"id\":\"{id}\",\"create\":\"{URL}/call/create\",\"follow\":\"{URL}/call/follow/\",\"country\":\"US\",\
                 \"locateBy\":\"none\",\"language\":\"en\",\"options\":{{\"scriptDisplay\":\"overlay\"}}}}"
            )
        );
    }

    #[test]
    fn nothing_put_in_ends_the_script_or_its_strings() {
        let hostile = campaign(|embed| {
            embed.form = "</script><script>alert(\"1\")//\u{2028}\u{2029}\\".to_owned();
            embed.companion = false;
            embed.submit_delay = 500;
        });
        let script = script(URL, &hostile, Kind::Whole);
        let options = config(&script).split_once("\"options\":").unwrap().1;
        assert_eq!(
            options,
            r#"{"companion":false,"form":"\u003c/script>\u003cscript>alert(\"1\")//\u2028\u2029\\","scriptDisplay":"overlay","submitDelay":500}}"#
        );
    }

    #[test]
    fn an_admins_code_runs_from_the_script_itself_and_never_on_our_own_page() {
        let own = campaign(|embed| {
            embed.custom_js = "thank() // them".to_owned();
            embed.custom_onload = "greet()".to_owned();
        });
        let whole = script(URL, &own, Kind::Whole);
        assert!(whole.ends_with(
            ",{start:true,customJS:function($){\nthank() // them\n},customOnload:function($){\ngreet()\n}});\n})();\n"
        ));
        let class = script(URL, &own, Kind::Class);
        assert!(class.ends_with(",{});\n})();\n") && !class.contains("thank") && !class.contains("greet"));
        for script in [whole, class] {
            assert!(!script.contains("eval") && !script.contains("new Function"));
        }
    }
}

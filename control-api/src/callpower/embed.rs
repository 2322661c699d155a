//! The options of a campaign's form as CallPower keeps them, as ours, and back for those who read them in its words.

use serde_json::{Map, Value, json};

use crate::http::is_embed;
use crate::store::campaigns::{Embed, ScriptDisplay, Settings};

/// Ours of CallPower's. `None` when one of them is longer than we take.
pub(super) fn read(old: &Map<String, Value>) -> Option<Embed> {
    let text = |name: &str| {
        let text = old.get(name).and_then(Value::as_str).unwrap_or_default();
        text.trim().to_owned()
    };
    let embed = Embed {
        form: text("form_sel"),
        phone_field: text("phone_sel"),
        location_field: text("location_sel"),
        script_display: ScriptDisplay::parse(&text("script_display")).unwrap_or(ScriptDisplay::Overlay),
        phone_display: text("phone_display"),
        custom_css: text("custom_css"),
        custom_js: text("custom_js"),
        custom_onload: text("custom_onload"),
        ..Embed::default()
    };
    is_embed(&embed).then_some(embed)
}

/// CallPower's of ours; null for a campaign that says nothing of its form.
pub(crate) fn written(settings: &Settings) -> Value {
    let embed = &settings.embed;
    if *embed == Embed::default() {
        return Value::Null;
    }
    json!({
        "type": "custom",
        "form_sel": embed.form,
        "phone_sel": embed.phone_field,
        "location_sel": embed.location_field,
        "script_display": embed.script_display,
        "phone_display": embed.phone_display,
        "custom_css": embed.custom_css,
        "custom_js": embed.custom_js,
        "custom_onload": embed.custom_onload,
        "script": settings.script,
        "redirect": settings.redirect,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_there_and_back() {
        let old = json!({
            "type": "custom", "form_sel": "#f", "phone_sel": "#p", "location_sel": "#a, #b", "script_display": "replace",
            "phone_display": "", "custom_css": "https://example.org/a.css", "custom_js": "go()", "custom_onload": "",
            "script": "", "redirect": "",
        });
        let embed = read(old.as_object().unwrap()).unwrap();
        let settings = Settings {
            embed,
            ..Settings::default()
        };
        assert_eq!(written(&settings), old);
        assert_eq!(written(&Settings::default()), Value::Null);
    }

    #[test]
    fn nulls_and_what_is_too_long() {
        let nulls = json!({ "form_sel": null, "custom_js": 7, "script_display": "sideways" });
        assert_eq!(read(nulls.as_object().unwrap()), Some(Embed::default()));
        let long = json!({ "form_sel": "#".repeat(201) });
        assert_eq!(read(long.as_object().unwrap()), None);
    }
}

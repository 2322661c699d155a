//! What the form on an organisation's own page does: the options of the embed script (CAMPAIGNS.md 8), under the names that pages know.

use serde::{Deserialize, Deserializer, Serialize};

use super::super::types::words;

words!(
    /// How the page shows the script once the call is on its way.
    ScriptDisplay {
        /// In a dialog over the page.
        Overlay = "overlay",
        /// In the place of the form.
        Replace = "replace",
        /// The page goes on to `redirectAfter`, else to the campaign's `redirect`.
        Redirect = "redirect",
        /// In the browser's own message box.
        Alert = "alert",
        /// Not at all: `customJS` or the page itself does.
        Custom = "custom",
    }
);

/// Options of the embed script. A page's own `CallPowerOptions` go before them. Empty texts are options that are not set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Embed {
    /// CSS selector of the form; `#call_form`, else the first form, when empty.
    pub form: String,
    /// CSS selector of the field with the telephone number; `#phone_id`, else the form's first telephone field, when empty.
    pub phone_field: String,
    /// CSS selector of the field with the location; what several hold is joined. `#location_id` when empty.
    pub location_field: String,
    /// How the script is shown.
    pub script_display: ScriptDisplay,
    /// CSS selector of what shows the number that will call.
    pub phone_display: String,
    /// Address of a style sheet, or rules.
    #[serde(rename = "customCSS")]
    pub custom_css: String,
    /// JavaScript that runs when a call is on its way; `this` is the form.
    #[serde(rename = "customJS")]
    pub custom_js: String,
    /// JavaScript that runs when the form is ready.
    pub custom_onload: String,
    /// Where the page goes when all is shown; the form's own `action` goes before it.
    pub redirect_after: String,
    /// Words that close the overlay, under the script.
    pub overlay_close_text: String,
    /// Milliseconds before the form itself is sent, or the page goes on.
    pub submit_delay: u32,
    /// Show how the call stands: it rings, who is on the line, who is next.
    pub companion: bool,
    /// BCP 47 tag of the form's own words; the page's when empty.
    pub language: String,
    /// What to say to single targets, shown while they are called.
    pub target_scripts: Vec<TargetScript>,
}

/// What to say to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetScript {
    /// The target's key; `*` is every target that has none of its own.
    #[schema(example = "us:bioguide:S000148")]
    pub key: String,
    /// Plain text.
    pub text: String,
}

impl Default for Embed {
    fn default() -> Embed {
        Embed {
            form: String::new(),
            phone_field: String::new(),
            location_field: String::new(),
            script_display: ScriptDisplay::Overlay,
            phone_display: String::new(),
            custom_css: String::new(),
            custom_js: String::new(),
            custom_onload: String::new(),
            redirect_after: String::new(),
            overlay_close_text: String::new(),
            submit_delay: 0,
            companion: true,
            language: String::new(),
            target_scripts: Vec::new(),
        }
    }
}

impl Embed {
    /// What to say to this target; empty for nothing of its own.
    pub fn script_for(&self, key: &str) -> &str {
        let of = |wanted: &str| self.target_scripts.iter().find(|script| script.key == wanted);
        of(key).or_else(|| of("*")).map_or("", |script| &script.text)
    }
}

/// Reads null as no options.
pub(super) fn or_default<'de, D: Deserializer<'de>>(from: D) -> Result<Embed, D::Error> {
    Option::<Embed>::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_its_own_words_or_those_for_all() {
        let script = |key: &str, text: &str| TargetScript {
            key: key.to_owned(),
            text: text.to_owned(),
        };
        let mut embed = Embed::default();
        assert_eq!(embed.script_for("custom:one"), "");
        embed.target_scripts = vec![script("*", "Please."), script("custom:one", "Thank her.")];
        assert_eq!(embed.script_for("custom:one"), "Thank her.");
        assert_eq!(embed.script_for("custom:two"), "Please.");
    }
}

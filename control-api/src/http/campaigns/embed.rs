//! What a campaign may say of the form on a page.

use super::super::problem::Checks;
use super::super::valid;
use super::input::{is_language, is_web_address};
use crate::store::campaigns::Embed;

/// Longest wait before the form is sent, milliseconds.
const MAX_DELAY_MS: u32 = 60_000;
/// Most targets with words of their own.
const MAX_SCRIPTS: usize = 1_000;
/// Most characters of all scripts of targets.
const MAX_SCRIPT_CHARS: usize = 100_000;

/// Whether every option is right.
pub(crate) fn is_embed(embed: &Embed) -> bool {
    let mut checks = Checks::default();
    check(&mut checks, embed);
    checks.finish().is_ok()
}

/// Looks at every option.
pub(super) fn check(checks: &mut Checks, embed: &Embed) {
    let lines = [
        ("/embed/form", &embed.form),
        ("/embed/phoneField", &embed.phone_field),
        ("/embed/locationField", &embed.location_field),
        ("/embed/phoneDisplay", &embed.phone_display),
        ("/embed/overlayCloseText", &embed.overlay_close_text),
    ];
    for (pointer, line) in lines {
        valid::line(checks, pointer, line);
    }
    let texts = [
        ("/embed/customCSS", &embed.custom_css),
        ("/embed/customJS", &embed.custom_js),
        ("/embed/customOnload", &embed.custom_onload),
    ];
    for (pointer, text) in texts {
        valid::text(checks, pointer, text);
    }
    checks.require(
        embed.redirect_after.is_empty() || is_web_address(&embed.redirect_after),
        "/embed/redirectAfter",
        "expected a web address, https://…, or nothing",
    );
    checks.require(
        embed.submit_delay <= MAX_DELAY_MS,
        "/embed/submitDelay",
        format!("expected at most {MAX_DELAY_MS} milliseconds"),
    );
    checks.require(
        embed.language.is_empty() || is_language(&embed.language),
        "/embed/language",
        valid::LANGUAGE,
    );
    let scripts = &embed.target_scripts;
    let chars: usize = scripts.iter().map(|script| script.text.chars().count()).sum();
    checks.require(
        scripts.len() <= MAX_SCRIPTS && chars <= MAX_SCRIPT_CHARS,
        "/embed/targetScripts",
        format!("expected at most {MAX_SCRIPTS} targets and {MAX_SCRIPT_CHARS} characters in all"),
    );
}

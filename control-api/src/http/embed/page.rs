//! Our two small pages: values put into a file's `{{name}}`, escaped, under a policy that lets nothing else in.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::script::CACHE;
use super::words::{self, Language};
use crate::store::campaigns::{Campaign, LocateBy, SegmentBy};

/// Puts values in the place of `{{name}}`, escaped for text and for attributes in quotes. A name without a value stays empty.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        out.push_str(before);
        let value = values.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v);
        out.push_str(&escaped(value));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

/// The template without the lines from `<!-- name -->` to `<!-- end name -->`, or without these two alone.
pub(super) fn with_part(template: &str, name: &str, is_there: bool) -> String {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- end {name} -->"));
    let mut inside = false;
    let mut kept = Vec::new();
    for line in template.lines() {
        if line.trim() == begin || line.trim() == end {
            inside = line.trim() == begin;
        } else if is_there || !inside {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// What a form of this campaign asks for, in these words.
pub(super) struct Asked {
    /// The language of its words.
    pub(super) lang: &'static str,
    language: &'static Language,
    campaign: Campaign,
}

impl Asked {
    /// Of a campaign, in the language of its form, else its own.
    pub(super) fn of(campaign: Campaign) -> Asked {
        let (lang, language) = words::language(&[&campaign.settings.embed.language, &campaign.language]);
        Asked {
            lang,
            language,
            campaign,
        }
    }

    /// Fills a template: `{{name}}` of these values, else our own words, and its part `location` when the campaign asks for one.
    pub(super) fn filled(&self, template: &str, values: &[(&str, &str)]) -> String {
        let (label, autocomplete) = match (self.campaign.locate_by, self.campaign.country.as_str()) {
            (LocateBy::Postal, "us") => ("zip", "postal-code"),
            (LocateBy::Postal, _) => ("postal", "postal-code"),
            (LocateBy::Address, _) => ("place", "street-address"),
            (LocateBy::None | LocateBy::LatLon | LocateBy::District, _) => ("place", "off"),
        };
        let page = &self.language.page;
        let own = [
            ("lang", self.lang),
            ("location", words::word(page, label)),
            ("autocomplete", autocomplete),
            ("title", words::word(page, "call")),
        ];
        let mut all: Vec<(&str, &str)> = values.to_vec();
        all.extend(own);
        all.extend(page.iter().map(|(name, word)| (name.as_str(), word.as_str())));
        let asks = self.campaign.segment_by == SegmentBy::Location;
        filled(&with_part(template, "location", asks), &all)
    }
}

/// An address as a policy names a source: scheme, host and path. `None` for a style sheet's rules, and for what is no address.
pub(super) fn source(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let path = url.path();
    let is_plain = path
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'%' | b'~'));
    (is_web && is_plain).then(|| format!("{}{path}", url.origin().ascii_serialization()))
}

/// The page, under this Content-Security-Policy.
pub(super) fn answer(html: String, policy: &str) -> Response {
    let policy =
        HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'; sandbox"));
    let headers: [(HeaderName, HeaderValue); 5] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("strict-origin-when-cross-origin"),
        ),
        (header::CACHE_CONTROL, CACHE),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_are_no_templates() {
        let page = filled(
            "<p title=\"{{a}}\">{{b}}{{none}}</p>",
            &[("a", "\"'&"), ("b", "<{{a}}>")],
        );
        assert_eq!(page, "<p title=\"&quot;&#39;&amp;\">&lt;{{a}}&gt;</p>");
        assert_eq!(filled("{{a", &[]), "{{a");
    }

    #[test]
    fn a_part_is_there_or_not() {
        let template = "a\n<!-- b -->\nb\n<!-- c -->\n<!-- end b -->\nd";
        assert_eq!(with_part(template, "b", true), "a\nb\n<!-- c -->\nd");
        assert_eq!(with_part(template, "b", false), "a\nd");
    }

    #[test]
    fn a_source_is_one_file_and_never_more_policy() {
        let check =
            |address, expected: Option<&str>| assert_eq!(source(address).as_deref(), expected, "{address}");
        check(
            "https://a.example/x/y.css?v=1#z",
            Some("https://a.example/x/y.css"),
        );
        check("https://a.example/x;script-src *", None);
        check("https://a.example/x, *", None);
        check("javascript:alert(1)", None);
        check(".callpower-error { color: red }", None);
        check("", None);
    }
}

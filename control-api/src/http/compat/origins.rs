//! Which pages may start a campaign's sessions: its list of origins (the Fetch standard's CORS protocol).

use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

/// What a request's origin is to a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Page {
    /// It may; this is the value of Access-Control-Allow-Origin.
    Allowed(Option<HeaderValue>),
    /// It is not on the list.
    Foreign,
}

/// Judges a request by its Origin, and a script tag (`callback`), which sends none, by its Referer. Our own pages at `public_url` may: the
/// form in an iframe is shown to those of the list alone.
pub(in crate::http) fn judge(origins: &[String], public_url: &str, headers: &HeaderMap, jsonp: bool) -> Page {
    if origins.iter().any(|origin| origin == "*") {
        return Page::Allowed(Some(HeaderValue::from_static("*")));
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let Some(origin) = text(header::ORIGIN) {
        let ours = || Url::parse(public_url).map(|url| url.origin().ascii_serialization());
        return match origins.iter().any(|allowed| allowed == origin)
            || ours().is_ok_and(|ours| ours == origin)
        {
            true => Page::Allowed(headers.get(header::ORIGIN).cloned()),
            false => Page::Foreign,
        };
    }
    if !jsonp {
        return Page::Allowed(None);
    }
    let referer = text(header::REFERER).and_then(|referer| Url::parse(referer).ok());
    match referer.map(|url| url.origin().ascii_serialization()) {
        Some(origin) if origins.contains(&origin) => Page::Allowed(None),
        Some(_) | None => Page::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origins: &[&str], header: Option<(&'static str, &'static str)>, jsonp: bool) -> String {
        let origins: Vec<String> = origins.iter().map(|&o| o.to_owned()).collect();
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().unwrap());
        }
        match judge(&origins, "https://calls.example.org/trunkline", &headers, jsonp) {
            Page::Allowed(Some(value)) => value.to_str().unwrap().to_owned(),
            Page::Allowed(None) => "allowed".to_owned(),
            Page::Foreign => "foreign".to_owned(),
        }
    }

    #[test]
    fn pages_of_the_list_may() {
        let ours = ["https://www.example.org"];
        let from = |origin| Some(("origin", origin));
        assert_eq!(check(&["*"], from("https://evil.example"), false), "*");
        assert_eq!(
            check(&ours, from("https://www.example.org"), false),
            "https://www.example.org"
        );
        assert_eq!(
            check(&ours, from("https://www.example.org.evil.example"), false),
            "foreign"
        );
        assert_eq!(check(&ours, from("http://www.example.org"), false), "foreign");
        assert_eq!(check(&ours, from("null"), false), "foreign");
        assert_eq!(
            check(&ours, from("https://calls.example.org"), false),
            "https://calls.example.org"
        );
        assert_eq!(check(&ours, None, false), "allowed");
    }

    #[test]
    fn a_script_tag_is_judged_by_its_referer() {
        let ours = ["https://www.example.org"];
        let from = |page| Some(("referer", page));
        assert_eq!(
            check(&ours, from("https://www.example.org/act?x=1"), true),
            "allowed"
        );
        assert_eq!(check(&ours, from("https://evil.example/"), true), "foreign");
        assert_eq!(check(&ours, None, true), "foreign");
        assert_eq!(check(&["*"], None, true), "*");
    }
}

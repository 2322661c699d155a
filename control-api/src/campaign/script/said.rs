//! A line's values as they are said: names with their initials and titles in full, or as the target's own pronunciation has them.

use serde_json::{Value, json};
use trunkline_prompts::names;

/// The values for a text of this language. What is shown anywhere keeps its spelling.
pub(super) fn said(values: &Value, language: &str) -> Value {
    let mut said = values.clone();
    let text = |name: &str| {
        values
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(title) = text("title") {
        said["title"] = json!(names::title(title, language));
    }
    if let Some(name) = text("name") {
        let own = text(PRONUNCIATION).map(str::to_owned);
        said["name"] = json!(own.unwrap_or_else(|| names::name(name, language)));
    }
    said
}

/// Among a line's values: how the name is said. No variable of a prompt.
pub(super) const PRONUNCIATION: &str = "pronunciation";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pronunciation_goes_before_the_rules() {
        for (values, expect) in [
            (
                json!({"title": "Sen.", "name": "J. D. Vance", "pronunciation": ""}),
                ("Senator", "J D Vance"),
            ),
            (
                json!({"title": "", "name": "J. D. Vance", "pronunciation": "Jay Dee Vans"}),
                ("", "Jay Dee Vans"),
            ),
        ] {
            let said = said(&values, "en");
            assert_eq!(
                (said["title"].as_str(), said["name"].as_str()),
                (Some(expect.0), Some(expect.1))
            );
        }
        assert_eq!(said(&json!({"calls_left": 3}), "en"), json!({"calls_left": 3}));
    }
}

//! Templates as campaigns write them, and as they get them wrong.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn check_text(key: PromptKey, text: &str) -> String {
    match check(key, text) {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn rendered(text: &str, values: Value) -> String {
    render(text, &values).unwrap_or_else(|error| error.to_string())
}

#[test]
fn names_are_spoken_as_they_are() {
    let values = json!({"title": "Senator", "name": "O'Rourke & <Sons>"});
    assert_eq!(
        rendered("{{title}} {{name}}.", values.clone()),
        "Senator O'Rourke & <Sons>."
    );
    assert_eq!(
        rendered("{{{title}}}\n  {{& name }}{{! nothing }}", values),
        "Senator O'Rourke & <Sons>"
    );
}

#[test]
fn sections_are_mustache() {
    let text = "{{n_targets}} {{#many}}offices{{/many}}{{^many}}office{{/many}}";
    assert_eq!(check_text(PromptKey::CallBlockIntro, text), "ok");
    assert_eq!(rendered(text, json!({"n_targets": 3, "many": true})), "3 offices");
    assert_eq!(rendered(text, json!({"n_targets": 1, "many": false})), "1 office");
    for (value, said) in [
        (json!(null), "no"),
        (json!(""), "no"),
        (json!(0), "no"),
        (json!([]), "no"),
        (json!("x"), "yes"),
        (json!(2), "yes"),
    ] {
        assert_eq!(
            rendered(
                "{{#many}}yes{{/many}}{{^many}}no{{/many}}",
                json!({"many": value})
            ),
            said
        );
    }
    assert_eq!(rendered("{{#a}}1{{^b}}2{{/b}}3{{/a}}4", json!({"a": 1})), "1234");
}

/// What handlebars has and Mustache has not is text, or is refused.
#[test]
fn handlebars_own_words_mean_nothing() {
    let values = json!({"name": "Ada", "len": 2, "if": "x"});
    for (text, expected) in [
        (r"\{{name}} \\{{name}}", r"\Ada \\Ada"),
        ("{{#if}}yes{{/if}}{{^each}} no{{/each}}", "yes no"),
        ("{{len}} {{#len}}long{{/len}}", "2 long"),
        ("a{{! {{#name }}{{!-- }}b", "ab"),
        ("{ {name} }", "{ {name} }"),
    ] {
        assert_eq!(rendered(text, values.clone()), expected, "{text}");
    }
    for text in [
        "{{#name}}a{{else}}b{{/name}}",
        "{{this}}",
        "{{~name}}",
        "{{../name}}",
        "{{name.length}}",
        "{{lookup name 0}}",
        "{{{{raw}}}}x{{{{/raw}}}}",
        "{{*inline}}",
        "{{#>name}}x{{/name}}",
        "{{@root}}",
        "{{name this=1}}",
    ] {
        let said = rendered(text, values.clone());
        assert!(
            said.starts_with("only a variable's name can stand between braces"),
            "{text}: {said}"
        );
    }
}

#[test]
fn unknown_variables_are_found_on_save() {
    assert_eq!(
        check_text(PromptKey::TargetBusy, "{{title}} {{nmae}}"),
        "{{nmae}} is no variable of msg_target_busy; its variables are title, name"
    );
    assert_eq!(
        check_text(PromptKey::Goodbye, "Bye {{name}}"),
        "{{name}} is no variable of msg_goodbye; it has none"
    );
    assert!(
        check_text(
            PromptKey::CallBlockIntro,
            "{{#many}}{{^many}}{{oops}}{{/many}}{{/many}}"
        )
        .starts_with("{{oops}} is no variable")
    );
}

#[test]
fn a_missing_value_is_an_error_and_not_silence() {
    assert_eq!(rendered("{{name}}", json!({})), "there is no value for {{name}}");
    assert_eq!(
        rendered("{{name}}", json!({"name": ["a"]})),
        "there is no value for {{name}}"
    );
}

#[test]
fn what_cannot_be_read_is_shown() {
    let check =
        |text: &str, expected: &str| assert_eq!(check_text(PromptKey::CallBlockIntro, text), expected);
    check("{{n_targets", "these braces are never closed: \"{{n_targets\"");
    check("a {{#many}} b", "this section is never closed: \"many\"");
    check(
        "a {{/many}} b",
        "this closes a section that is not open: \"{{/many}}\"",
    );
    check(
        "{{#many}}{{/n_targets}}",
        "this closes a section that is not open: \"{{/n_targets}}\"",
    );
    check("a }} b", "these braces close nothing: \"a }} b\"");
    check(
        "{{}}",
        "only a variable's name can stand between braces: \"{{}}\"",
    );
    check(
        "{{> part}}",
        "only a variable's name can stand between braces: \"{{> part}}\"",
    );
    check(
        "{{#if many}}x{{/if}}",
        "only a variable's name can stand between braces: \"{{#if many}}x{{/if}}\"",
    );
    check(" \n", "the text is empty");
    let deep = "{{#many}}".repeat(MAX_DEPTH + 1) + &"{{/many}}".repeat(MAX_DEPTH + 1);
    check(&deep, "too many sections inside one another: \"{{#many}}\"");
    assert_eq!(
        super::check(PromptKey::Intro, &"a".repeat(MAX_CHARACTERS + 1)),
        Err(TemplateError::TooLong)
    );
}

#[test]
fn values_cannot_make_a_text_endless() {
    let text = "{{title}}".repeat(300);
    assert_eq!(
        render(&text, &json!({"title": "x".repeat(1_000)})),
        Err(TemplateError::TooLong)
    );
}

proptest! {
    #[test]
    fn what_passes_the_check_renders(parts in prop::collection::vec(prop::sample::select(vec![
        "{{", "}}", "{{{", "}}}", "{{#many}}", "{{/many}}", "{{^many}}", "n_targets", "{{n_targets}}", "#", " ", "{{!x}}", "é", "\\", "~", "--",
    ]), 0..12)) {
        let text = parts.concat();
        if check(PromptKey::CallBlockIntro, &text).is_ok() {
            prop_assert!(render(&text, &json!({"n_targets": 2, "many": true})).is_ok(), "{}", text);
        }
    }

    #[test]
    fn values_are_never_templates(name in "\\PC{0,40}") {
        let expected = format!("[{name}]").split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(rendered("[{{name}}]", json!({"name": name})), expected);
    }
}

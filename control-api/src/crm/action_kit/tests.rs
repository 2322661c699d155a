//! Conversations with ActionKit: what we ask, what it answers, what comes of it.

use super::super::record::sample;
use super::super::tests::{answer, check, check_test};
use super::*;

fn action_kit(change: impl FnOnce(&mut Options)) -> ActionKit {
    let mut options = Options {
        page: "call-for-the-library".to_owned(),
        ..Options::default()
    };
    change(&mut options);
    ActionKit {
        base: "https://act.example.org".to_owned(),
        login: Login::new("api", "secret"),
        options,
    }
}

fn without_number() -> Record {
    Record {
        phone: None,
        ..sample()
    }
}

const PHONE: &str =
    r#"{"meta":{"total_count":1},"objects":[{"normalized_phone":"2025550123","user":"/rest/v1/user/17/"}]}"#;
const USER: &str = r#"{"id":17,"email":"ada@example.org"}"#;
const NOBODY: &str = r#"{"meta":{"total_count":0},"objects":[]}"#;

const ASKS: &str = "\
> GET https://act.example.org/rest/v1/phone/?normalized_phone=2025550123&_limit=1
> accept: application/json
> authorization: Basic YXBpOnNlY3JldA==
< 200
> GET https://act.example.org/rest/v1/user/17/
> accept: application/json
> authorization: Basic YXBpOnNlY3JldA==
< 200
> POST https://act.example.org/rest/v1/action/
> authorization: Basic YXBpOnNlY3JldA==
> content-type: application/json
> idempotency-key: 00000000-0000-0000-0000-000000000007
> {\"action_called_at\":\"2026-11-21T04:10:00.500Z\",\"action_calls\":2,\"action_completed\":1,\"action_duration\":61,\
\"action_session\":\"00000000-0000-0000-0000-000000000007\",\"action_status\":\"completed; busy\",\
\"action_targets\":\"Senator Ada Lovelace; Senator Mary O'Rourke\",\"email\":\"ada@example.org\",\
\"page\":\"call-for-the-library\",\"skip_confirmation\":1,\"source\":\"trunkline\"}
";

#[test]
fn a_caller_is_found_by_number_and_the_action_is_theirs() {
    let posted = answer(201, r#"{"action_id": 21}"#).with("location", "/rest/v1/callaction/21/");
    check(
        &action_kit(|_| {}),
        &sample(),
        vec![answer(200, PHONE), answer(200, USER), posted],
        &format!("{ASKS}< 201\ndone 201"),
    );
}

#[test]
fn every_answer_to_an_action_has_a_consequence() {
    for (answered, end) in [
        (
            answer(
                400,
                r#"{"errors": {"page": ["Unable to find page."], "zip": ["Bad: 10001"]}}"#,
            ),
            "never 400 ActionKit refuses the record: page: Unable to find page.; zip: Bad: 10001",
        ),
        (
            answer(
                400,
                r#"{"errors": {"phone": "+1 202-555-0123 of ada@example.org"}}"#,
            ),
            "never 400 ActionKit refuses the record: phone: +… of …",
        ),
        (answer(400, "<html>"), "never 400 ActionKit refuses the record"),
        (answer(401, ""), "again 401 ActionKit refuses the login"),
        (answer(404, ""), "never 404 ActionKit has nothing at this address"),
        (
            answer(429, "").with("retry-after", "17"),
            "again 429 ActionKit asks us to come later after 17000",
        ),
        (answer(500, ""), "again 500 ActionKit has trouble of its own"),
        (
            answer(503, "").with("retry-after", "later"),
            "again 503 ActionKit has trouble of its own",
        ),
        (answer(301, ""), "never 301 ActionKit is at another address"),
    ] {
        let status = answered.status;
        check(
            &action_kit(|_| {}),
            &sample(),
            vec![answer(200, PHONE), answer(200, USER), answered],
            &format!("{ASKS}< {status}\n{end}"),
        );
    }
}

/// The first of the three requests alone.
fn asked_for_the_number(status: u16, end: &str) -> String {
    let first = ASKS.split("< 200").next().unwrap();
    format!("{first}< {status}\n{end}")
}

#[test]
fn whom_it_does_not_know_is_laid_aside_or_counted_for_somebody() {
    check(
        &action_kit(|_| {}),
        &sample(),
        vec![answer(200, NOBODY)],
        &asked_for_the_number(
            200,
            "never - ActionKit cannot tell who called: no user has this number",
        ),
    );
    check(
        &action_kit(|_| {}),
        &sample(),
        vec![answer(503, "")],
        &asked_for_the_number(503, "again 503 ActionKit has trouble of its own"),
    );
    check(
        &action_kit(|_| {}),
        &sample(),
        vec![answer(200, "<html>maintenance</html>")],
        &asked_for_the_number(200, "again 200 it is not ActionKit that answers"),
    );
    // A path that is none of its users leads nowhere.
    check(
        &action_kit(|_| {}),
        &sample(),
        vec![answer(
            200,
            r#"{"objects":[{"user":"https://evil.example/rest/v1/user/x/"}]}"#,
        )],
        &asked_for_the_number(
            200,
            "never - ActionKit cannot tell who called: no user has this number",
        ),
    );
    let said = super::super::tests::played(
        &action_kit(|o| o.unknown_email = "callers@example.org".to_owned()),
        &sample(),
        vec![answer(200, NOBODY), answer(201, "{}")],
    );
    assert!(said.contains(r#""email":"callers@example.org""#), "{said}");
    assert!(said.ends_with("< 201\ndone 201"), "{said}");
}

#[test]
fn without_the_number_only_an_akid_or_the_stand_in_tells_who_called() {
    check(
        &action_kit(|_| {}),
        &without_number(),
        vec![],
        "never - ActionKit cannot tell who called: the record has no number, and its ref is no akid",
    );
    let by_akid = super::super::tests::played(
        &action_kit(|o| {
            o.ref_is_akid = true;
            o.fields.insert("action_medium".to_owned(), "=phone".to_owned());
            o.fields.insert("source".to_owned(), "campaign".to_owned());
        }),
        &Record {
            reference: ".17.jcWz_1".to_owned(),
            ..without_number()
        },
        vec![answer(201, "{}")],
    );
    for part in [
        r#""akid":".17.jcWz_1""#,
        r#""action_medium":"phone""#,
        r#""source":"library""#,
    ] {
        assert!(by_akid.contains(part), "{part} in {by_akid}");
    }
    assert!(by_akid.starts_with("> POST"), "{by_akid}");
    assert!(!by_akid.contains("2025550123"), "{by_akid}");
    assert!(!by_akid.contains("\"phone\":"), "{by_akid}");
}

#[test]
fn a_test_looks_for_the_page_and_changes_nothing() {
    let page = r#"{"objects":[{"id":1}]}"#;
    for (answered, says) in [
        (answer(200, page), "works"),
        (answer(200, NOBODY), "ActionKit has no page call-for-the-library"),
        (answer(401, ""), "ActionKit refuses the login"),
        (answer(404, ""), "ActionKit has nothing at this address"),
        (answer(200, "<html>"), "it is not ActionKit that answers"),
    ] {
        check_test(
            &action_kit(|_| {}),
            &answered,
            &format!(
                "> GET https://act.example.org/rest/v1/page/?name=call-for-the-library&_limit=1\n\
                 > accept: application/json\n> authorization: Basic YXBpOnNlY3JldA==\n{says}"
            ),
        );
    }
}

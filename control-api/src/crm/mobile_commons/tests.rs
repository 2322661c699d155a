//! Conversations with Mobile Commons: what we ask, what it answers, what comes of it.

use super::super::record::sample;
use super::super::tests::{answer, check, check_test};
use super::*;

fn mobile_commons() -> MobileCommons {
    let mut options = Options {
        opt_in_path_id: "279022".to_owned(),
        company: "CO1".to_owned(),
        ..Options::default()
    };
    options
        .fields
        .insert("last_called".to_owned(), "targets".to_owned());
    MobileCommons {
        base: URL.to_owned(),
        login: Login::new("", "t0k"),
        options,
    }
}

const ASKS: &str = "\
> POST https://secure.mcommons.com/api/profile_update
> authorization: Bearer t0k
> content-type: application/x-www-form-urlencoded
> idempotency-key: 00000000-0000-0000-0000-000000000007
> phone_number=%2B12025550123&opt_in_path_id=279022&company=CO1&last_called=Senator+Ada+Lovelace%3B+Senator+Mary+O%27Rourke
";

const YES: &str = "<?xml version=\"1.0\"?>\n<response success=\"true\"><profile id=\"4054\"/></response>";

#[test]
fn every_answer_has_a_consequence() {
    for (answered, end) in [
        (answer(200, YES), "done 200"),
        (
            answer(
                200,
                "<response success='false'>\n  <error id='5' message='Invalid phone number &quot;12025550123&quot;'/></response>",
            ),
            "never 200 Mobile Commons refuses the record: Invalid phone number \"…\" (5)",
        ),
        (
            answer(200, "<response success=\"false\"/>"),
            "never 200 Mobile Commons refuses the record: it does not say why",
        ),
        (
            answer(
                400,
                "<response success=\"false\"><error id=\"8\" message=\"no such path\" /></response>",
            ),
            "never 400 Mobile Commons refuses the record: no such path (8)",
        ),
        (
            answer(
                401,
                "<response success=\"false\"><error id=\"1\" message=\"no\"/></response>",
            ),
            "again 401 Mobile Commons refuses the login",
        ),
        (
            answer(429, "").with("retry-after", "60"),
            "again 429 Mobile Commons asks us to come later after 60000",
        ),
        (
            answer(500, YES),
            "again 500 Mobile Commons has trouble of its own",
        ),
        (
            answer(200, "<html><responsex success=\"true\"></html>"),
            "again 200 it is not Mobile Commons that answers",
        ),
        (
            answer(200, "<response success="),
            "again 200 it is not Mobile Commons that answers",
        ),
    ] {
        let status = answered.status;
        check(
            &mobile_commons(),
            &sample(),
            vec![answered],
            &format!("{ASKS}< {status}\n{end}"),
        );
    }
}

#[test]
fn without_the_number_nothing_is_sent() {
    let silent = Record {
        phone: None,
        ..sample()
    };
    check(
        &mobile_commons(),
        &silent,
        vec![],
        "never - the caller's number is not kept any more, and Mobile Commons knows callers by it",
    );
}

#[test]
fn a_test_lists_campaigns() {
    let asks = "> GET https://secure.mcommons.com/api/campaigns?company=CO1\n> authorization: Bearer t0k\n";
    for (answered, says) in [
        (answer(200, YES), "works"),
        (
            answer(
                200,
                "<response success=\"false\"><error id=\"3\" message=\"no company\"/></response>",
            ),
            "Mobile Commons says: no company (3)",
        ),
        (answer(401, ""), "Mobile Commons refuses the login"),
    ] {
        check_test(&mobile_commons(), &answered, &format!("{asks}{says}"));
    }
}

//! Wrong files: each is told with its line, its key and what to do, and nothing is changed.

use super::*;
use crate::store::testing;

/// A file and all that is said about it.
const WRONG: [(&str, &str, &str); 27] = [
    (
        "a.toml",
        "[[trunks]]\nname = \n",
        "a.toml line 2: this is no TOML: string values must be quoted, expected literal string",
    ),
    (
        "a.yaml",
        "trunks:\n  - name: [a\n",
        "a.yaml line 2: this is no YAML: unclosed bracket '[' at line 2, column 11",
    ),
    (
        "a.toml",
        "[[trunk]]\nname = \"a\"\n",
        "a.toml line 1: unknown key \"trunk\"; known: campaigns, numbers, prompts, prune, routes, targets, trunks",
    ),
    (
        "a.toml",
        "[trunks]\nname = \"a\"\n",
        "a.toml line 1: expected a list of trunks: in TOML, [[trunks]]",
    ),
    (
        "a.toml",
        "[[trunks]]\nhost = \"h\"\n",
        "a.toml line 1: trunk: name is required",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\n",
        "a.toml line 1: trunk \"a\": host: is required",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\nport = 70000\n",
        "a.toml line 4: trunk \"a\": port: expected a number from 1 to 65535",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\nhots = \"x\"\n",
        "a.toml line 4: trunk \"a\": hots: there is no such field: expected one of name, host, port, …",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\npassword = \"secret\"\n",
        "a.toml line 4: password: it does not stand in the file itself: write { env = \"NAME\" } or { file = \"path\" }",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\npassword = { env = \"NOT_SET\" }\n",
        "a.toml line 4: trunk \"a\": password: the variable NOT_SET is not set: set it, or use a file",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\npassword = { file = \"nowhere\" }\n",
        "a.toml line 4: trunk \"a\": password: nowhere: it cannot be read (entity not found): check the path",
    ),
    (
        "a.toml",
        "[[trunks]]\nname = \"a\"\nhost = \"h\"\n\n[[trunks]]\nname = \"a\"\nhost = \"i\"\n",
        "a.toml line 5: trunk \"a\" stands in the file twice, first on line 1: leave one out",
    ),
    (
        "a.toml",
        "[[numbers]]\ne164 = \"+12025550100\"\ntrunk = \"b\"\n",
        "a.toml line 1: number \"+12025550100\": trunk \"b\" is neither in this file nor in the database: describe it, or name another",
    ),
    (
        "a.yaml",
        "numbers:\n  - e164: 12025550100\n    trunk: b\n",
        "a.yaml line 2: number: e164: expected a text: put quotes around it",
    ),
    (
        "a.toml",
        "[[numbers]]\ne164 = \"12025550100\"\ntrunk = \"b\"\n",
        "a.toml line 2: number \"12025550100\": e164: expected a phone number in E.164 form, for example +12025550123",
    ),
    (
        "a.toml",
        "[[numbers]]\ne164 = \"+12025550100\"\ntrunk_id = \"b\"\n",
        "a.toml line 1: number \"+12025550100\": trunk (here a name stands, under trunk): there is no such field: expected one of e164, trunk, campaign",
    ),
    (
        "a.toml",
        "[[routes]]\nname = \"r\"\nprefixes = [\"1\"]\ntrunks = [\"b\"]\n",
        "a.toml line 3: route \"r\": prefixes.0: expected + and at most 15 digits, for example +1202, or a short code",
    ),
    (
        "a.toml",
        "[[routes]]\nname = \"r\"\nprefixes = [\"+1\"]\ntrunks = [\"b\"]\ncampaign = \"c\"\n",
        "a.toml line 1: route \"r\": trunk \"b\" is neither in this file nor in the database: describe it, or name another\n\
         a.toml line 1: route \"r\": campaign \"c\" is neither in this file nor in the database: describe it, or name another",
    ),
    (
        "a.toml",
        "[[campaigns]]\nname = \"c\"\n\n[campaigns.timers]\ntalk = 3\n",
        "a.toml line 5: campaign \"c\": timers.talk: a campaign has no such field, or it cannot be set",
    ),
    (
        "a.toml",
        "[[campaigns]]\nname = \"c\"\nstatus = \"running\"\n",
        "a.toml line 3: campaign \"c\": status: expected paused, live or archived",
    ),
    (
        "a.toml",
        "[[campaigns]]\nname = \"c\"\ntargets = [\n  \"custom:a\",\n  \"custom:a\",\n]\n",
        "a.toml line 5: campaign \"c\": targets: \"custom:a\" is in the list already",
    ),
    (
        "a.toml",
        "[[campaigns]]\nname = \"c\"\ntargets = [\"custom:a\"]\n",
        "a.toml line 3: campaign \"c\": target \"custom:a\" is neither in this file nor in the database: describe it, or import it",
    ),
    (
        "a.toml",
        "[[campaigns]]\nname = \"c\"\n\n[[campaigns.prompts]]\nkey = \"msg_intro\"\nfile = \"prompts/nowhere.wav\"\n",
        "a.toml line 4: campaign \"c\": prompt msg_intro: file prompts/nowhere.wav: it cannot be read (entity not found): check the path",
    ),
    (
        "a.toml",
        "[[prompts]]\nkey = \"msg_intro\"\ntext = \"Hello {{name}}.\"\n",
        "a.toml line 1: prompt msg_intro: text: {{name}} is no variable of msg_intro; it has none",
    ),
    (
        "a.toml",
        "[[prompts]]\nkey = \"msg_intro\"\n\n[[prompts]]\nkey = \"msg_hello\"\ntext = \"x\"\nsound = \"y\"\n",
        "a.toml line 1: prompt msg_intro: expected either a text or a file, and not both\n\
         a.toml line 7: prompt: unknown key \"sound\"; known: description, file, key, language, text, voice\n\
         a.toml line 4: prompt: \"msg_hello\" is no prompt; the prompts are msg_intro, msg_intro_confirm, … (see the list of prompt keys)",
    ),
    (
        "a.toml",
        "[[prompts]]\nkey = \"msg_intro\"\ntext = \"x\"\n\n[[prompts]]\nkey = \"msg_intro\"\ntext = \"y\"\n",
        "a.toml line 5: prompt msg_intro en is given twice, first on line 1: leave one out",
    ),
    (
        "a.toml",
        "prune = [\"campaigns\"]\n",
        "a.toml line 1: prune: expected a list of trunks, routes, numbers",
    ),
];

#[test]
fn wrong_files_are_told_with_line_key_and_remedy() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let mut wrong = String::new();
        for (name, text, expected) in WRONG {
            desk.write(name, text);
            let said = desk.apply(name).await;
            // Where a list of every field ends the message, its beginning is enough.
            let right = match expected.strip_suffix('…') {
                None => said == format!("{expected}\n"),
                Some(start) => said.starts_with(start),
            };
            if !right {
                wrong.push_str(&format!("{text}said:     {said}expected: {expected}\n\n"));
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        let gone = desk.apply("nowhere.toml").await;
        assert_eq!(
            gone,
            "nowhere.toml: it cannot be read (entity not found): check the path\n"
        );
        let empty = compare(Some(desk.app.db()), None, &ready_of(&desk, ""))
            .await
            .unwrap();
        assert!(empty.plan.is_empty());
        assert!(store_is_empty(&desk).await, "nothing was changed");
    });
}

fn ready_of(desk: &Desk, text: &str) -> Ready {
    desk.write("empty.toml", text);
    desk.read("empty.toml").unwrap()
}

async fn store_is_empty(desk: &Desk) -> bool {
    all(desk.app.db()).await.unwrap().text.is_empty()
}

#[test]
fn an_archived_campaign_stays_so() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let file = |status: &str| format!("[[campaigns]]\nname = \"c\"\nstatus = \"{status}\"\n");
        desk.write("a.toml", &file("archived"));
        desk.apply("a.toml").await;
        assert_eq!(desk.apply("a.toml").await, "No changes: 1 thing as they are.\n");
        desk.write("a.toml", &file("live"));
        assert_eq!(
            desk.apply("a.toml").await,
            "a.toml line 1: campaign \"c\": it is archived, and stays so: give the campaign another name\n"
        );
    });
}

/// A number that belongs to another trunk is moved, and the plan says from where to where.
#[test]
fn a_number_of_another_trunk_is_moved_in_the_open() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let trunks = "[[trunks]]\nname = \"a\"\nhost = \"192.0.2.1\"\n\n[[trunks]]\nname = \"b\"\nhost = \"192.0.2.2\"\n\n";
        let number =
            |trunk: &str| format!("{trunks}[[numbers]]\ne164 = \"+12025550100\"\ntrunk = \"{trunk}\"\n");
        desk.write("a.toml", &number("a"));
        desk.apply("a.toml").await;
        desk.write("a.toml", &number("b"));
        assert_eq!(
            desk.apply("a.toml").await,
            "~ number \"+12025550100\"\n    trunk: \"a\" → \"b\"\n\n0 to add, 1 to change, 0 to delete; 2 things as they are.\n"
        );
    });
}

//! `trunkline prompts`: one script from its first version to what is wrong with it.

use std::path::Path;

use super::{QUIET, folder, run, run_words, tone};

fn say(dir: &Path, words: &[&str]) -> String {
    run_words(dir, &[&["prompts"], words].concat())
}

/// A campaign, "the library", with an introduction of its own, and what was said when that was added.
fn library() -> (tempfile::TempDir, String) {
    let dir = folder(QUIET);
    let path = dir.path();
    std::fs::write(path.join("c.toml"), "[[campaigns]]\nname = \"the library\"\n").unwrap();
    assert!(run(path, "apply c.toml").starts_with("exit 0\n"));
    let ours = of_library(path, &["list", "--key", "msg_intro"]);
    assert!(
        ours.starts_with("exit 0\nmsg_intro              \"Hello, "),
        "{ours}"
    );
    assert!(ours.ends_with("…\": our own text in en\n"), "{ours}");
    tone(&path.join("intro.wav"));
    let added = of_library(
        path,
        &[
            "add",
            "intro.wav",
            "--key",
            "msg_intro",
            "--description",
            "spring",
        ],
    );
    (dir, added)
}

fn of_library(dir: &Path, words: &[&str]) -> String {
    say(dir, &[words, &["--campaign", "the library"]].concat())
}

#[test]
fn a_script_is_listed_and_added_to() {
    let (dir, added) = library();
    let dir = dir.path();
    assert!(
        added.starts_with("exit 0\nmsg_intro en: version 1, a recording of "),
        "{added}"
    );
    let text = "Now calling {{title}} {{name}}.";
    let added = say(
        dir,
        &[
            "add",
            "--text",
            text,
            "--key",
            "msg_target_intro",
            "--language",
            "es",
        ],
    );
    assert!(
        added.starts_with("exit 0\nmsg_target_intro es: version 1, a text; "),
        "{added}"
    );

    let listed = of_library(dir, &["list"]);
    assert_eq!(listed.lines().count(), 19, "{listed}");
    assert!(
        listed.contains(" s \"spring\": the campaign's choice for en\n"),
        "{listed}"
    );
    assert!(
        listed.contains("; never plays: callers are not asked to key a location\n"),
        "{listed}"
    );
    let installation = say(
        dir,
        &[
            "list",
            "--language",
            "es-MX",
            "--key",
            "msg_target_intro",
            "--json",
        ],
    );
    assert!(
        installation.contains("\"why\": \"the installation's choice for es, as there is nothing for es-MX\""),
        "{installation}"
    );
    let refused = say(dir, &["add", "--text", "Hello {{nobody}}", "--key", "msg_intro"]);
    assert!(
        refused.starts_with("exit 1\ntrunkline: text: {{nobody}}"),
        "{refused}"
    );
    let unknown = say(dir, &["list", "--campaign", "nobody"]);
    let expect = "exit 1\ntrunkline: no campaign has the name or id \"nobody\": GET /v1/campaigns lists those there are\n";
    assert_eq!(unknown, expect);

    let unknown_key = say(dir, &["list", "--key", "msg_hello"]);
    assert!(unknown_key.starts_with("exit 2\n"), "{unknown_key}");
}

#[test]
fn what_is_wrong_with_a_script_is_exit_1() {
    let (dir, _) = library();
    let dir = dir.path();
    let checked = say(dir, &["check", "--all"]);
    assert_eq!(
        checked,
        "exit 1\nevery campaign: nothing is wrong\n\
         the library: warning prompts: callers hear a recorded voice, and a machine's for msg_intro_confirm, msg_final_thanks, \
         msg_goodbye: record them too, or write them as texts\n\
         trunkline: there is 1 thing to mend in what callers hear\n"
    );
    for key in ["msg_intro_confirm", "msg_final_thanks", "msg_goodbye"] {
        of_library(dir, &["add", "--text", "Thank you.", "--key", key]);
    }
    assert_eq!(
        of_library(dir, &["check"]),
        "exit 0\nthe library: nothing is wrong\n"
    );
    std::fs::remove_dir_all(dir.join("trunkline-data/prompts")).unwrap();
    std::fs::create_dir(dir.join("trunkline-data/prompts")).unwrap();
    let gone = of_library(dir, &["check"]);
    let expect = "exit 1\nthe library: error msg_intro en: callers do not hear it: the file of version 1 is not kept here any more: \
                  upload it again, or select another version\n";
    assert!(gone.starts_with(expect), "{gone}");
}

#[test]
fn a_text_is_heard_before_callers_hear_it() {
    let dir = folder("");
    let dir = dir.path();
    tone(&dir.join("voice.wav"));
    // It says nothing but this.
    let engine = format!(
        "set -e\ntest \"$(cat \"$1\")\" = \"Now calling Senator O'Rourke.\"\ncp {} \"$2\"\n",
        dir.join("voice.wav").display()
    );
    std::fs::write(dir.join("speak"), engine).unwrap();
    let command = format!("sh {} {{file}} {{out}}", dir.join("speak").display());
    let config = QUIET.replace("no-such-program {file}", &command);
    std::fs::write(dir.join("trunkline.toml"), config).unwrap();
    let words = [
        "say",
        "Now calling {{title}} {{name}}.",
        "--key",
        "msg_target_intro",
        "--set",
        "title=Senator",
        "--set",
        "name=O'Rourke",
        "--out",
        "said.wav",
    ];
    assert_eq!(say(dir, &words), "exit 0\nsaid.wav\n");
    let said = std::fs::read(dir.join("said.wav")).unwrap();
    assert!(
        said.starts_with(b"RIFF") && said.len() > 4_000,
        "{} bytes",
        said.len()
    );
    let unknown = say(
        dir,
        &["say", "Hello {{nobody}}", "--key", "msg_intro", "--out", "a.wav"],
    );
    assert!(unknown.starts_with("exit 1\ntrunkline: {{nobody}}"), "{unknown}");
    let lacking = say(
        dir,
        &[
            "say",
            "{{title}} {{name}}",
            "--key",
            "msg_target_intro",
            "--out",
            "a.wav",
        ],
    );
    assert!(
        lacking.starts_with("exit 1\n") && lacking.contains("title"),
        "{lacking}"
    );
    assert!(!dir.join("a.wav").exists());
}

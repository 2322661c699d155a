//! A file from an empty database on: planned, applied, changed, pruned, exported and read again.
//!
//! `TRUNKLINE_UPDATE=1` writes `story.txt` as it is now. Read the difference before you keep it.

use super::*;
use crate::store::grants::Reach;
use crate::store::{Page, audit, testing, trunks};

fn golden(transcript: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/as_code/tests/story.txt");
    if std::env::var_os("TRUNKLINE_UPDATE").is_some() {
        std::fs::write(&path, transcript).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(transcript, expected);
}

#[test]
fn a_file_is_made_so_step_by_step() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let mut said = String::new();
        let first = example();
        let changed = first
            .replace("max_channels = 30\n", "")
            .replace("max_cps = 5\n", "max_cps = 10\nenabled = false\n")
            .replace("\"custom:mayor\", \"custom:council\"", "\"custom:council\", \"custom:clerk\"")
            .replace("talk_ms = 600000", "confirm_ms = 8000")
            .replace("status = \"live\"", "status = \"paused\"")
            .replace("Now we call", "Next is")
            .replace("prefixes = [\"+1\"]", "prefixes = [\"+1\", \"+44\"]")
            .replace("[[campaigns]]", "[[targets]]\nkey = \"custom:clerk\"\nname = \"Alan Turing\"\nphone = \"+12025550114\"\n\n[[campaigns]]");
        let back = changed
            .replace("Next is", "Now we call")
            .replace("enabled = false\n", "");
        let pruned = "prune = [\"routes\", \"numbers\"]\n\n[[numbers]]\ne164 = \"+12025550101\"\ntrunk = \"carrier one\"\n";
        for (step, text) in [
            ("the example, on an empty database", first.as_str()),
            ("the same again", first.as_str()),
            ("changed", changed.as_str()),
            ("an older text again", back.as_str()),
            ("only a number, and prune", pruned),
            ("nothing", ""),
        ] {
            desk.write("file.toml", text);
            said.push_str(&format!("=== {step}\n{}\n", desk.apply("file.toml").await));
        }
        golden(&said);
    });
}

/// What is exported describes what is there: applied to where it came from it changes nothing, applied elsewhere it makes the same.
#[test]
fn an_export_is_read_as_what_it_was() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        desk.write("file.toml", &example());
        desk.apply("file.toml").await;
        let setup = all(desk.app.db()).await.unwrap();
        assert!(!setup.text.contains("s3cret"), "{}", setup.text);
        assert_eq!(setup.recordings.len(), 1);
        desk.keep("setup.toml", &setup);
        let told = desk.apply("setup.toml").await;
        assert_eq!(told, "No changes: 8 things as they are.\n");

        let campaign = one(desk.app.db(), "save the library").await.unwrap().unwrap();
        desk.keep("campaign.toml", &campaign);
        assert_eq!(
            desk.apply("campaign.toml").await,
            "No changes: 6 things as they are.\n"
        );
        assert!(one(desk.app.db(), "save the swans").await.unwrap().is_none());

        // Elsewhere: only the password must be given anew.
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("other.db").display());
        let other = Desk::new(Db::open(&url).await.unwrap());
        for recording in &setup.recordings {
            let path = other.folder.path().join(&recording.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, desk.app.script().files().get(&recording.hash).unwrap()).unwrap();
        }
        other.write("setup.toml", &setup.text);
        other.apply("setup.toml").await;
        assert_eq!(all(other.app.db()).await.unwrap(), setup);
    });
}

#[test]
fn yaml_says_the_same() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        desk.write("file.toml", &example());
        desk.apply("file.toml").await;
        let tree: serde_json::Value = toml::from_str(&example()).unwrap();
        // JSON is YAML.
        desk.write("file.yaml", &serde_json::to_string_pretty(&tree).unwrap());
        assert_eq!(
            desk.apply("file.yaml").await,
            "No changes: 8 things as they are.\n"
        );
    });
}

#[test]
fn a_password_is_kept_sealed_and_changed_only_when_it_differs() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let file = |password: &str| {
            format!("[[trunks]]\nname = \"a\"\nhost = \"192.0.2.1\"\nusername = \"u\"\n{password}\n")
        };
        desk.write("file.toml", &file("password = { env = \"CARRIER_PASSWORD\" }"));
        let told = desk.apply("file.toml").await;
        assert!(
            told.contains("password = (not shown)") && !told.contains("s3cret"),
            "{told}"
        );
        let sealed = trunks::all(desk.app.db()).await.unwrap()[0].password_enc.clone();
        assert!(sealed.is_some_and(|sealed| !sealed.contains("s3cret")));
        assert_eq!(
            desk.apply("file.toml").await,
            "No changes: 1 thing as they are.\n"
        );
        // Left out, it stays.
        desk.write("file.toml", &file(""));
        assert_eq!(
            desk.apply("file.toml").await,
            "No changes: 1 thing as they are.\n"
        );
        desk.write("secret", "other\n");
        desk.write("file.toml", &file("password = { file = \"secret\" }"));
        let told = desk.apply("file.toml").await;
        assert_eq!(
            told,
            "~ trunk \"a\"\n    password: changed (not shown)\n\n0 to add, 1 to change, 0 to delete; 0 things as they are.\n"
        );
        assert_eq!(
            desk.apply("file.toml").await,
            "No changes: 1 thing as they are.\n"
        );
    });
}

#[test]
fn every_change_stands_in_the_audit() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        desk.write("file.toml", &example());
        desk.apply("file.toml").await;
        let rows = audit::list(desk.app.db(), &audit::Filter::default(), &Page::default())
            .await
            .unwrap();
        let mut deeds: Vec<String> = rows
            .items
            .iter()
            .map(|e| format!("{} {} {}", e.actor, e.action, e.noun))
            .collect();
        deeds.reverse();
        assert_eq!(
            deeds,
            [
                "trunkline apply create trunks",
                "trunkline apply create campaigns",
                "trunkline apply create targets",
                "trunkline apply create targets",
                "trunkline apply replace targets campaigns",
                "trunkline apply create prompts",
                "trunkline apply create prompts",
                "trunkline apply create numbers",
                "trunkline apply create routes",
                "trunkline apply launch campaigns",
            ]
        );
        assert!(rows.items.iter().all(|e| e.actor_kind == "command" && e.done));
        let live = campaigns::list(desk.app.db(), None, &Reach::Everything, &Page::default())
            .await
            .unwrap();
        assert_eq!(live.items[0].status, campaigns::CampaignStatus::Live);
    });
}

/// What was done before a change is refused stays, and the same file goes on from there.
#[test]
fn a_change_that_is_refused_says_how_far_it_came() {
    testing::check(|db| async move {
        let desk = Desk::new(db);
        let text = "[[trunks]]\nname = \"a\"\nhost = \"192.0.2.1\"\n\n[[campaigns]]\nname = \"empty\"\nstatus = \"live\"\n";
        desk.write("file.toml", text);
        let told = desk.apply("file.toml").await;
        assert!(
            told.ends_with(
                "stopped: ~ campaign \"empty\": paused → live: the campaign has no targets: give it some first \
                 (PUT /v1/campaigns/{id}/targets); 2 of 3 changes are made and stay: mend it and apply again\n"
            ),
            "{told}"
        );
        let mended = "\ntargets = [\"custom:a\"]\n\n[[targets]]\nkey = \"custom:a\"\nname = \"A\"\nphone = \"+12025550111\"\n";
        desk.write("file.toml", &format!("{text}{mended}"));
        let told = desk.apply("file.toml").await;
        assert!(
            told.contains("\n2 to add") || told.contains("\n1 to add, 2 to change, 0 to delete; 2 things"),
            "{told}"
        );
    });
}

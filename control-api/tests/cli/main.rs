//! The real binary: what it prints, what it says went wrong, and its exit status.

#![cfg(test)]

mod prompts;

use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::Connection as _;

/// Sockets on ports of the system's choice: nothing is in the way of another test.
const QUIET: &str = "[http]\nlisten = \"127.0.0.1:0\"\n[sip]\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\n[rtp]\nlisten_ip = \"127.0.0.1\"\n[tts]\nengine = \"no-such-program {file}\"\n";

/// Runs it in `dir` and compares status, stdout and stderr. `DIR` stands for the folder.
fn check(dir: &Path, arguments: &str, expected: &str) {
    assert_eq!(run(dir, arguments), expected, "trunkline {arguments}");
}

fn run(dir: &Path, arguments: &str) -> String {
    let words: Vec<&str> = arguments.split(' ').filter(|word| !word.is_empty()).collect();
    run_words(dir, &words)
}

fn run_words(dir: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TRUNKLINE_")) {
        command.env_remove(name);
    }
    let out = command
        .args(words)
        .env("CARRIER_PASSWORD", "s3cret")
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = format!(
        "exit {}\n{}{}",
        out.status.code().unwrap(),
        String::from_utf8(out.stdout).unwrap(),
        String::from_utf8(out.stderr).unwrap()
    );
    text.replace(&dir.display().to_string(), "DIR")
}

fn folder(config: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("trunkline.toml"), config).unwrap();
    dir
}

#[test]
fn wrong_usage_is_exit_2() {
    let dir = folder("");
    for arguments in [
        "",
        "nonsense",
        "key",
        "key create --name x",
        "key create --name x --scope root",
        "export cdrs --since yesterday",
        "prompts",
        "prompts list --key msg_hello",
        "prompts add --key msg_intro",
        "prompts add a.wav --text x --key msg_intro",
        "prompts say --out a.wav",
        "prompts check",
    ] {
        let said = run(dir.path(), arguments);
        assert!(said.starts_with("exit 2\n"), "{arguments}: {said}");
    }
    assert!(!dir.path().join("trunkline.db").exists());
}

#[test]
fn help_lists_commands_and_each_has_an_example() {
    let dir = folder("");
    for arguments in [
        "serve",
        "check",
        "key create",
        "export cdrs",
        "export calls",
        "export campaign",
        "export setup",
        "apply",
        "prompts list",
        "prompts add",
        "prompts say",
        "prompts check",
        "openapi",
    ] {
        let said = run(dir.path(), &format!("{arguments} --help"));
        assert!(said.starts_with("exit 0\n"), "{said}");
        assert!(
            said.contains(&format!("\n  trunkline {arguments} ")),
            "no example: {said}"
        );
    }
    let said = run(dir.path(), "--version");
    assert_eq!(said, format!("exit 0\ntrunkline {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_key_is_printed_once_alone_on_its_line_and_only_its_hash_is_kept() {
    let dir = folder("");
    let said = run(dir.path(), "key create --name website --scope calls --scope read");
    let key = said.strip_prefix("exit 0\n").unwrap().strip_suffix('\n').unwrap();
    let digits = key.strip_prefix("tl_").unwrap();
    assert!(
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "{key}"
    );
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap_or_default();
    let kept = [read("trunkline.db"), read("trunkline.db-wal")].concat();
    assert!(kept.windows(7).any(|w| w == b"website"));
    assert!(!kept.windows(digits.len()).any(|w| w == digits.as_bytes()));
}

#[test]
fn an_unknown_key_in_the_file_is_one_line_and_exit_1() {
    let dir = folder("[http]\nlisten = \"127.0.0.1:8080\"\nlisten_on = \"x\"\n");
    for arguments in [
        "serve",
        "check",
        "key create --name x --scope read",
        "export cdrs",
    ] {
        check(
            dir.path(),
            arguments,
            "exit 1\ntrunkline: trunkline.toml line 3: unknown key \"listen_on\" in [http]; known: listen, public_url, trusted_proxies\n",
        );
    }
    check(
        dir.path(),
        "check --config other.toml",
        "exit 1\ntrunkline: cannot read configuration file other.toml: No such file or directory (os error 2); check the path given with --config\n",
    );
}

#[test]
fn a_database_that_cannot_be_opened_is_one_line_and_exit_1() {
    let dir = folder("[database]\nurl = \"sqlite://no/such/folder/t.db\"\n");
    check(
        dir.path(),
        "key create --name x --scope read",
        "exit 1\ntrunkline: cannot use database file no/such/folder/t.db: unable to open database file; check the path and its permissions ([database] url)\n",
    );
}

#[test]
fn check_of_a_fresh_folder_has_notes_and_makes_nothing() {
    let dir = folder(QUIET);
    check(
        dir.path(),
        "check",
        "exit 0
ok     configuration  trunkline.toml
note   database       sqlite trunkline.db is empty: set up on first start
note   data folder    trunkline-data does not exist: made on first start
note   key file       trunkline-data/trunkline.key does not exist: made on first start
ok     http           127.0.0.1:0
ok     sip udp        127.0.0.1:0
ok     sip tcp        127.0.0.1:0
ok     rtp            127.0.0.1 ports 10000-29999, for 5000 bridged calls at once
note   speech         no-such-program speaks all prompts, as configured; not installed: \
       flite and espeak-ng speak instead. Install it (Debian: apt-get install the package that has it)
",
    );
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["trunkline.toml"]);
}

#[test]
fn check_of_a_running_installation_is_fine() {
    let dir = folder(QUIET);
    run(dir.path(), "key create --name x --scope read");
    let said = run(dir.path(), "check");
    assert!(
        said.contains("ok     database       sqlite trunkline.db, schema "),
        "{said}"
    );
}

#[test]
fn check_names_everything_that_is_in_the_way() {
    let (tcp_held, udp_held) = (
        TcpListener::bind("127.0.0.1:0").unwrap(),
        UdpSocket::bind("127.0.0.1:0").unwrap(),
    );
    let (tcp, udp) = (tcp_held.local_addr().unwrap(), udp_held.local_addr().unwrap());
    let dir = folder(&format!(
        "[database]\nurl = \"sqlite://no/folder/t.db\"\n[http]\nlisten = \"{tcp}\"\n[sip]\nlisten = [\"udp:{udp}\"]\n\
         [rtp]\nlisten_ip = \"192.0.2.1\"\nports = \"1024-1027\"\n[privacy]\nkey_file = \"open.key\"\n[node]\ndata_dir = \".\"\n[tts]\nengine = \"cat\"\n"
    ));
    let key = dir.path().join("open.key");
    std::fs::write(&key, "").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let in_use = "is in use, by another program or a trunkline that runs: stop it, or change the port";
    check(
        dir.path(),
        "check",
        &format!(
            "exit 1
ok     configuration  trunkline.toml
FAILS  database       cannot use database file no/folder/t.db: its folder cannot be written: entity not found; \
             check the path and its permissions ([database] url)
ok     data folder    .
FAILS  key file       key file open.key may be read or changed by others (mode 644); run: chmod 600 open.key
FAILS  http           {tcp} {in_use}
FAILS  sip udp        {udp} {in_use}
FAILS  rtp            cannot listen on 192.0.2.1: Cannot assign requested address (os error 99); change [rtp] listen_ip
ok     speech         /usr/bin/cat speaks all prompts, as configured
trunkline: check found 5 things to mend: database, key file, http, sip udp, rtp
"
        ),
    );
    drop((tcp_held, udp_held));
}

#[test]
fn an_export_of_nothing_is_its_header() {
    let dir = folder("");
    let said = run(
        dir.path(),
        "export cdrs --since 2026-11-21 --until 2026-11-22T00:00:00Z",
    );
    assert!(
        said.starts_with("exit 0\nid,session_id,call_id,side,direction,trunk,node,from_ref,to_ref,"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2);
    check(dir.path(), "export calls --format jsonl", "exit 0\n");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = folder("");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["export", "cdrs"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(
        (out.status.code(), String::from_utf8(out.stderr).unwrap()),
        (Some(0), String::new())
    );
}

#[test]
fn the_openapi_document_is_printed() {
    let dir = folder("");
    let said = run(dir.path(), "openapi");
    let document: serde_json::Value = serde_json::from_str(said.strip_prefix("exit 0\n").unwrap()).unwrap();
    assert_eq!(document["openapi"].as_str().unwrap().get(..3), Some("3.1"));
    assert!(document["paths"].get("/v1/trunks").is_some());
}

#[test]
fn serve_with_a_port_in_use_is_one_line_and_exit_1() {
    let held = (
        TcpListener::bind("127.0.0.1:0").unwrap(),
        UdpSocket::bind("127.0.0.1:0").unwrap(),
    );
    let (tcp, udp) = (held.0.local_addr().unwrap(), held.1.local_addr().unwrap());
    let quiet_log = "[log]\nlevel = \"error\"\n[tts]\nengine = \"cat {file}\"\n";
    let dir = folder(&format!("[http]\nlisten = \"{tcp}\"\n{quiet_log}"));
    let in_use = "Address already in use (os error 98)";
    check(
        dir.path(),
        "serve",
        &format!(
            "exit 1\ntrunkline: HTTP cannot listen on {tcp}; free the port or change [http] listen: {in_use}\n"
        ),
    );
    let sip = format!("[http]\nlisten = \"127.0.0.1:0\"\n[sip]\nlisten = [\"udp:{udp}\"]\n{quiet_log}");
    let dir = folder(&sip);
    check(
        dir.path(),
        "serve",
        &format!(
            "exit 1\ntrunkline: SIP cannot listen on udp:{udp}: {in_use}; free the port or change [sip] listen\n"
        ),
    );
}

#[test]
fn serve_with_a_database_or_folder_that_cannot_be_used_is_one_line_and_exit_1() {
    let dir = folder("[database]\nurl = \"sqlite://no/such/folder/t.db\"\n[log]\nlevel = \"error\"\n");
    check(
        dir.path(),
        "serve",
        "exit 1\ntrunkline: cannot use database file no/such/folder/t.db: unable to open database file; \
         check the path and its permissions ([database] url)\n",
    );
    let dir = folder("[node]\ndata_dir = \"trunkline.toml\"\n[log]\nlevel = \"error\"\n");
    check(
        dir.path(),
        "serve",
        "exit 1\ntrunkline: the data folder trunkline.toml cannot be made; check [node] data_dir: \
         File exists (os error 17)\n",
    );
}

#[test]
fn imports_say_what_they_did_or_which_line_is_wrong() {
    let dir = folder("");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "divisions.csv",
        "id,name,postal_codes\nocd-division/country:de/wahlkreis:75,Mitte,10115;10117\n",
    );
    check(
        dir.path(),
        "import divisions divisions.csv",
        "exit 0\nimported: 0 officials (0 new, 0 changed, 0 as before), 0 gone, 1 divisions, 2 postal codes\n",
    );
    let head = "key,division,role,name,phone\n";
    let ada = "de:mdb:1,ocd-division/country:de/wahlkreis:75,parliament,Ada Eins,030 2270\n";
    let bob = "de:mdb:2,ocd-division/country:de/wahlkreis:76,parliament,Bob Zwei,\n";
    write("people.csv", &format!("{head}{ada}{bob}"));
    check(
        dir.path(),
        "import officials people.csv",
        "exit 0\nimported: 2 officials (2 new, 0 changed, 0 as before), 0 gone, 0 divisions, 0 postal codes\n",
    );
    write("people.csv", &format!("{head}{}", ada.replace("Ada", "Ida")));
    check(
        dir.path(),
        "import officials people.csv",
        "exit 0\nimported: 1 officials (0 new, 1 changed, 0 as before), 1 gone, 0 divisions, 0 postal codes\n",
    );
    write(
        "people.csv",
        &format!("{head}{ada}{}", bob.replace("parliament", "Parliament")),
    );
    check(
        dir.path(),
        "import officials people.csv",
        "exit 1\ntrunkline: people.csv:3: role: expected a word in lower case, for example parliament\n",
    );
    let said = run(dir.path(), "import openstates nowhere");
    assert!(
        said.starts_with("exit 1\ntrunkline: nowhere: cannot be read: "),
        "{said}"
    );
    assert!(run(dir.path(), "import us-congress --legislators a.yaml").starts_with("exit 2\n"));
}

/// The example of docs/AS_CODE.md, from an empty folder on: `--plan` makes nothing, and what is exported is applied
/// without a change.
fn as_code(config: &str, has_file: bool) {
    let dir = folder(config);
    let docs =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/AS_CODE.md")).unwrap();
    let example = docs
        .split_once("```toml\n")
        .unwrap()
        .1
        .split_once("```")
        .unwrap()
        .0;
    std::fs::write(dir.path().join("campaign.toml"), example).unwrap();
    std::fs::create_dir(dir.path().join("prompts")).unwrap();
    tone(&dir.path().join("prompts/intro.wav"));

    let planned = run(dir.path(), "apply campaign.toml --plan");
    assert!(
        planned.starts_with("exit 0\n+ trunk \"carrier one\"\n"),
        "{planned}"
    );
    assert!(
        planned.ends_with("\n8 to add, 2 to change, 0 to delete; 0 things as they are.\n"),
        "{planned}"
    );
    assert!(!planned.contains("s3cret"), "{planned}");
    assert!(!dir.path().join("trunkline.db").exists() && !dir.path().join("trunkline-data").exists());

    let applied = run(dir.path(), "apply campaign.toml");
    assert_eq!(applied, format!("{planned}Done.\n"));
    assert_eq!(dir.path().join("trunkline.db").exists(), has_file);
    let none = "exit 0\nNo changes: 8 things as they are.\n";
    check(dir.path(), "apply campaign.toml --plan", none);
    check(dir.path(), "apply campaign.toml", none);

    let without = run_words(dir.path(), &["export", "campaign", "save the library"]);
    assert_eq!(
        without,
        "exit 1\ntrunkline: 1 recordings belong to it: give a folder for them with --out\n"
    );
    let exported = run_words(
        dir.path(),
        &["export", "campaign", "save the library", "--out", "library"],
    );
    assert_eq!(exported, "exit 0\n");
    check(
        dir.path(),
        "apply library/campaign.toml --plan",
        "exit 0\nNo changes: 6 things as they are.\n",
    );
    check(dir.path(), "export setup --out setup", "exit 0\n");
    check(dir.path(), "apply setup/setup.toml --plan", none);
    check(
        dir.path(),
        "export campaign nobody",
        "exit 1\ntrunkline: no campaign has the name or id \"nobody\": GET /v1/campaigns lists those there are\n",
    );

    let said = run(dir.path(), "check");
    assert!(
        said.contains("\nok     campaign       save the library\n"),
        "{said}"
    );
    let off = example.replace("max_cps = 5", "enabled = false");
    std::fs::write(dir.path().join("campaign.toml"), off).unwrap();
    run(dir.path(), "apply campaign.toml");
    let said = run(dir.path(), "check");
    assert!(
        said.contains("\nFAILS  campaign       save the library: error route north america: it takes "),
        "{said}"
    );
    assert!(
        said.contains("\nnote   campaign       save the library: warning +12025550100: "),
        "{said}"
    );
}

fn tone(path: &Path) {
    let samples: Vec<i16> = (0..4_000_i16).map(|n| (n % 16) * 500).collect();
    std::fs::write(path, trunkline_prompts::pcm::wav(&samples, 8_000)).unwrap();
}

#[test]
fn a_campaign_is_applied_and_exported_on_sqlite() {
    as_code(QUIET, true);
}

#[test]
fn a_campaign_is_applied_and_exported_on_postgresql() {
    let Ok(url) = std::env::var("TRUNKLINE_TEST_POSTGRES_URL") else {
        let said = "PostgreSQL skipped: TRUNKLINE_TEST_POSTGRES_URL is not set\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let schema = format!("cli_{}", std::process::id());
    let sql = |text: String| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut admin = sqlx::PgConnection::connect(&url).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(text))
                .execute(&mut admin)
                .await
                .unwrap();
        });
    };
    sql(format!("create schema {schema}"));
    let separator = if url.contains('?') { '&' } else { '?' };
    let database = format!("[database]\nurl = \"{url}{separator}options[search_path]={schema}\"\n");
    as_code(&format!("{QUIET}{database}"), false);
    sql(format!("drop schema {schema} cascade"));
}

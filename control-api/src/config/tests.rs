//! Defaults, overrides, and the words of every error (`errors.txt`).

use std::fmt::Write;

use super::*;

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    Config::parse(Some((Path::new("t.toml"), file)), env)
}

#[test]
fn nothing_set_is_the_defaults_of_the_contract() {
    let config = Config::parse(None, []).unwrap();
    assert_eq!(config.database.url, "sqlite://trunkline.db");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url(), "http://127.0.0.1:8080");
    let listen: Vec<String> = config
        .sip
        .listen
        .iter()
        .map(|l| format!("{:?} {}", l.transport, l.address))
        .collect();
    assert_eq!(listen, ["Udp 0.0.0.0:5060", "Tcp 0.0.0.0:5060"]);
    assert_eq!(config.rtp.ports, 10_000..=29_999);
    assert_eq!(
        (config.node.id.as_str(), config.node.drain.as_secs()),
        ("gw1", 3_600)
    );
    assert_eq!(config.privacy.key_file, Path::new("trunkline-data/trunkline.key"));
    assert_eq!((&config.tts.engine, config.log.format), (&None, LogFormat::Text));
    assert_eq!(
        load("", &[]).unwrap(),
        Config {
            file: Some("t.toml".into()),
            ..config
        }
    );
}

#[test]
fn every_key_of_the_file_is_read() {
    let config = load(
        r#"
        [database]
        url = "postgres://trunkline@db/trunkline"
        [http]
        listen = "[::]:8081"
        public_url = "https://calls.example.org/"
        trusted_proxies = ["10.0.0.0/8", "192.0.2.1"]
        [sip]
        listen = ["udp:192.0.2.7:5061"]
        external_ip = "203.0.113.7"
        name_servers = ["192.0.2.53", "[::1]:5353"]
        [rtp]
        ports = "20000-20003"
        listen_ip = "127.0.0.1"
        external_ip = "203.0.113.8"
        threads = 2
        [node]
        id = "gw-2"
        drain_seconds = 60
        data_dir = "/var/lib/trunkline"
        [privacy]
        key_file = "/etc/trunkline/key"
        [outbound]
        allow = ["10.1.0.0/16"]
        [tts]
        engine = "flite"
        [log]
        level = "debug"
        format = "json"
        "#,
        &[],
    );
    let config = config.unwrap();
    assert_eq!(config.database.url, "postgres://trunkline@db/trunkline");
    assert_eq!(config.public_url(), "https://calls.example.org");
    let names: Vec<String> = config
        .sip
        .name_servers
        .iter()
        .map(SocketAddr::to_string)
        .collect();
    assert_eq!(names, ["192.0.2.53:53", "[::1]:5353"]);
    let proxies: Vec<String> = config.http.trusted_proxies.iter().map(IpNet::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.1/32"]);
    assert_eq!(config.sip.listen.len(), 1);
    assert_eq!(config.sip.external_ip, Some("203.0.113.7".parse().unwrap()));
    assert_eq!((config.rtp.ports, config.rtp.threads), (20_000..=20_003, 2));
    assert_eq!(config.rtp.external_ip, Some("203.0.113.8".parse().unwrap()));
    assert_eq!(
        (config.node.id.as_str(), config.node.drain.as_secs()),
        ("gw-2", 60)
    );
    assert_eq!(config.node.data_dir, Path::new("/var/lib/trunkline"));
    assert_eq!(config.privacy.key_file, Path::new("/etc/trunkline/key"));
    assert_eq!(
        (config.tts.engine, config.log.level.as_str()),
        (Some(Engine::Flite), "debug")
    );
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.outbound.allow, ["10.1.0.0/16".parse().unwrap()]);
}

#[test]
fn a_variable_goes_before_the_file() {
    let config = load(
        "[http]\nlisten = \"127.0.0.1:1\"\n[node]\ndrain_seconds = 5\n",
        &[
            ("TRUNKLINE_HTTP_LISTEN", "127.0.0.1:9090"),
            ("TRUNKLINE_SIP_LISTEN", "udp:127.0.0.1:5070, tcp:127.0.0.1:5070"),
            ("TRUNKLINE_NODE_DRAIN_SECONDS", "7"),
            ("TRUNKLINE_DATABASE_URL", "sqlite://other.db"),
            ("TRUNKLINE_HTTP_TRUSTED_PROXIES", ""),
            ("TRUNKLINE_SERVICE_HOST", "10.0.0.1"),
            ("TRUNKLINE_PORT", "tcp://10.0.0.1:80"),
            ("HTTP_LISTEN", "ignored"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(config.http.listen.port(), 9090);
    assert_eq!(config.sip.listen.len(), 2);
    assert_eq!(config.node.drain.as_secs(), 7);
    assert_eq!(config.database.url, "sqlite://other.db");
    assert_eq!(config.http.trusted_proxies, []);
}

#[test]
fn every_key_can_be_set_by_a_variable() {
    for (section, keys) in source::KEYS {
        for key in keys {
            let name = format!("TRUNKLINE_{section}_{key}").to_uppercase();
            // A NUL fits no key but texts and paths; those are known to differ from the default then.
            let set = load("", &[(&name, "\0")]);
            assert_ne!(set, load("", &[]), "{name} changes nothing");
        }
    }
}

#[test]
fn errors_name_the_place_and_what_to_write() {
    let mut said = String::new();
    for file in [
        "[http]\n\nlisen = \"x\"\n",
        "[htp]\nlisten = \"x\"\n",
        "listen = \"x\"\n",
        "http = 5\n",
        "[http]\nlisten = \"localhost\"\n",
        "[http]\nlisten = 8080\n",
        "[http]\npublic_url = \"ftp://x\"\n",
        "[http]\ntrusted_proxies = [\"10.0.0.0/33\"]\n",
        "[http]\ntrusted_proxies = [1]\n",
        "[sip]\nlisten = [\"tls:0.0.0.0:5061\"]\n",
        "[sip]\nlisten = []\n",
        "[sip]\nexternal_ip = \"gw.example.org\"\n",
        "[rtp]\nports = \"20000-10000\"\n",
        "[rtp]\nports = \"80-90\"\n",
        "[node]\nid = \"my node\"\n",
        "[node]\ndrain_seconds = -1\n",
        "[node]\ndrain_seconds = 0x10\n",
        "[tts]\nengine = \"\"\n",
        "[log]\nlevel = \"info,gateway=loud\"\n",
        "[log]\nformat = \"xml\"\n",
        "[database]\nurl = [\"postgres://me:secret@db/x\"]\n",
        "[storage]\nurl = \"s3://x\"\n",
        "[storage]\nurl = \"https://bucket.example.org\"\n",
        "[storage]\naccess_key_id = \"me\"\n",
        "[storage]\nendpoint = \"http://192.0.2.1:9000\"\n",
        "[storage]\nallow_http = 1\n",
        "[http]\nlisten = \n",
        "[http]\nlisten = \"1\"\nlisten = \"2\"\n",
    ] {
        writeln!(said, "{}", load(file, &[]).unwrap_err()).unwrap();
    }
    for variable in [("TRUNKLINE_HTTP_LISEN", "x"), ("TRUNKLINE_RTP_PORTS", "many")] {
        writeln!(said, "{}", load("", &[variable]).unwrap_err()).unwrap();
    }
    let none = Config::load(Some(Path::new("/nowhere/t.toml"))).unwrap_err();
    writeln!(said, "{none}").unwrap();
    assert_eq!(said, include_str!("errors.txt"));
}

#[test]
fn a_bucket_is_read_from_the_environment_too() {
    let config = load(
        "[storage]\nurl = \"s3://prompts/calls/\"\nallow_http = true\n",
        &[
            ("TRUNKLINE_STORAGE_ENDPOINT", "http://192.0.2.1:9000"),
            ("TRUNKLINE_STORAGE_REGION", "eu-west-1"),
            ("TRUNKLINE_STORAGE_ACCESS_KEY_ID", "me"),
            ("TRUNKLINE_STORAGE_SECRET_ACCESS_KEY", "guess"),
        ],
    );
    let bucket = config.unwrap().storage.bucket.unwrap();
    assert_eq!(
        (bucket.name.as_str(), bucket.prefix.as_str()),
        ("prompts", "calls")
    );
    assert_eq!((bucket.region.as_str(), bucket.allow_http), ("eu-west-1", true));
    assert_eq!(bucket.endpoint.as_ref().unwrap().port(), Some(9000));
    assert_eq!(bucket.credentials, Some(("me".to_owned(), "guess".to_owned())));
    assert!(!format!("{bucket:?}").contains("guess"));
    let variable = ("TRUNKLINE_STORAGE_ALLOW_HTTP", "true");
    assert!(
        load("[storage]\nurl = \"s3://prompts\"\n", &[variable])
            .unwrap()
            .storage
            .bucket
            .unwrap()
            .allow_http
    );
}

#[test]
fn the_example_file_has_every_key_with_its_default() {
    let example = include_str!("../../../docs/trunkline.example.toml");
    let mut without_examples = String::new();
    let mut is_example = false;
    for line in example.lines() {
        if !is_example {
            without_examples.push_str(line);
            without_examples.push('\n');
        }
        is_example = line.starts_with('#') && line.ends_with("Example:");
    }
    assert_eq!(load(&without_examples, &[]).unwrap(), load("", &[]).unwrap());
    let all = Source::read(Some((Path::new("t.toml"), example)), []).unwrap();
    for (section, keys) in source::KEYS {
        for key in keys {
            assert!(
                all.get(section, key).is_some(),
                "[{section}] {key} is missing in the example"
            );
        }
    }
}

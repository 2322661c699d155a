//! Where values come from: every key that exists, who set it, and in which line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// Every section with its keys: nothing else may stand in the file.
pub(super) const KEYS: [(&str, &[&str]); 12] = [
    ("database", &["url"]),
    ("http", &["listen", "public_url", "trusted_proxies"]),
    (
        "sip",
        &[
            "listen",
            "external_ip",
            "name_servers",
            "tls_cert",
            "tls_key",
            "tls_ca",
            "tls_client_ca",
        ],
    ),
    ("rtp", &["ports", "listen_ip", "external_ip", "threads"]),
    ("node", &["id", "drain_seconds", "data_dir"]),
    ("privacy", &["key_file"]),
    (
        "storage",
        &[
            "url",
            "endpoint",
            "region",
            "access_key_id",
            "secret_access_key",
            "allow_http",
        ],
    ),
    ("tts", &["engine", "voices"]),
    ("outbound", &["allow"]),
    ("calls", &["admin_phones"]),
    ("log", &["level", "format"]),
    ("geocoder", &["url"]),
];

/// What is wrong with the configuration, in one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read configuration file {}: {reason}; check the path given with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It is no TOML.
    #[error("{place}: not TOML: {reason}")]
    Syntax {
        /// File and line.
        place: Place,
        /// What the reader said.
        reason: String,
    },
    /// A section or key that does not exist.
    #[error("{place}: unknown {what}; known: {known}")]
    Unknown {
        /// File and line, or the variable.
        place: Place,
        /// `section [htp]`, `key "lisen" in [http]`
        what: String,
        /// What may stand there.
        known: String,
    },
    /// TLS without what it needs.
    #[error(
        "[sip] tls_cert and tls_key are needed for TLS: the PEM files of our certificate and its key; set both, or take tls: and tls_ca out"
    )]
    Tls,
    /// Half of a key.
    #[error(
        "[storage] access_key_id and secret_access_key belong together: set both, or neither on a machine that Amazon gives a role"
    )]
    StorageKey,
    /// Recordings and keys in clear.
    #[error(
        "[storage] endpoint is plain http: use https, or set allow_http where the store is in your own network"
    )]
    StorageHttp,
    /// A value that cannot be.
    #[error("{place}: [{section}] {key} = {value}: expected {expected}")]
    Value {
        /// File and line, or the variable.
        place: Place,
        /// Section.
        section: &'static str,
        /// Key.
        key: &'static str,
        /// As written.
        value: String,
        /// What it should be, with an example.
        expected: String,
    },
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
        ConfigError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    Line(PathBuf, usize),
    /// In the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(path, line) => write!(f, "{} line {line}", path.display()),
            Place::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// A value as it was written, before anybody knows what it should be.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Text(String),
    Number(String),
    List(Vec<String>),
    Switch(bool),
    Other(&'static str),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Written::Text(text) => write!(f, "{text:?}"),
            Written::Number(number) => f.write_str(number),
            Written::List(items) => write!(f, "{items:?}"),
            Written::Switch(on) => write!(f, "{on}"),
            Written::Other(kind) => write!(f, "a {kind}"),
        }
    }
}

/// Every value that somebody set.
pub(super) struct Source {
    values: BTreeMap<(&'static str, &'static str), (Place, Written)>,
}

impl Source {
    pub(super) fn read(
        file: Option<(&Path, &str)>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Source, ConfigError> {
        let mut source = Source {
            values: BTreeMap::new(),
        };
        if let Some((path, text)) = file {
            source.read_file(path, text)?;
        }
        // In the order of their names, so that of two wrong ones the same is named every time.
        let env: BTreeMap<String, String> = env.into_iter().collect();
        for (name, value) in env {
            source.read_variable(name, value)?;
        }
        Ok(source)
    }

    pub(super) fn get(&self, section: &'static str, key: &'static str) -> Option<&(Place, Written)> {
        self.values.get(&(section, key))
    }

    fn read_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let place = |at: usize| Place::Line(path.to_owned(), line_of(text, at));
        let root = DeTable::parse(text).map_err(|e| ConfigError::Syntax {
            place: place(e.span().map_or(0, |span| span.start)),
            reason: e.message().lines().collect::<Vec<_>>().join("; "),
        })?;
        for (name, section) in root.get_ref() {
            let unknown = |what: String| ConfigError::Unknown {
                place: place(name.span().start),
                what,
                known: KEYS.map(|(section, _)| format!("[{section}]")).join(", "),
            };
            let DeValue::Table(table) = section.get_ref() else {
                return Err(unknown(format!("key {:?} outside a section", name.get_ref())));
            };
            let Some((known, keys)) = KEYS.into_iter().find(|(known, _)| known == name.get_ref()) else {
                return Err(unknown(format!("section [{}]", name.get_ref())));
            };
            for (key, value) in table {
                let Some(key) = keys.iter().copied().find(|known| known == key.get_ref()) else {
                    return Err(ConfigError::Unknown {
                        place: place(key.span().start),
                        what: format!("key {:?} in [{known}]", key.get_ref()),
                        known: keys.join(", "),
                    });
                };
                self.values.insert(
                    (known, key),
                    (place(value.span().start), written(value.get_ref())),
                );
            }
        }
        Ok(())
    }

    fn read_variable(&mut self, name: String, value: String) -> Result<(), ConfigError> {
        // Only our sections: Kubernetes sets TRUNKLINE_SERVICE_HOST and the like beside them.
        let Some(rest) = name.strip_prefix("TRUNKLINE_") else {
            return Ok(());
        };
        for (section, keys) in KEYS {
            let Some(rest) = rest
                .strip_prefix(&section.to_uppercase())
                .and_then(|r| r.strip_prefix('_'))
            else {
                continue;
            };
            let Some(key) = keys.iter().copied().find(|key| key.to_uppercase() == rest) else {
                return Err(ConfigError::Unknown {
                    what: format!("key in [{section}]"),
                    known: variables(section, keys),
                    place: Place::Variable(name),
                });
            };
            self.values
                .insert((section, key), (Place::Variable(name), Written::Text(value)));
            return Ok(());
        }
        Ok(())
    }
}

/// `TRUNKLINE_HTTP_LISTEN, …`
fn variables(section: &str, keys: &[&str]) -> String {
    let names = keys
        .iter()
        .map(|key| format!("TRUNKLINE_{section}_{key}").to_uppercase());
    names.collect::<Vec<_>>().join(", ")
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Written::Number(number.as_str().to_owned()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect();
            texts.map_or(
                Written::Other("list of something else than strings"),
                Written::List,
            )
        }
        DeValue::Integer(_) => Written::Other("number that is not decimal"),
        DeValue::Float(_) => Written::Other("number with a fraction"),
        DeValue::Boolean(on) => Written::Switch(*on),
        DeValue::Datetime(_) => Written::Other("date"),
        DeValue::Table(_) => Written::Other("table"),
    }
}

/// Lines count from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(at)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

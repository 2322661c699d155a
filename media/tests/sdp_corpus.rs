//! Session descriptions as carriers, telephones and browsers send them, one file each in `corpus`, named for what it shows.
//! Beside `NAME.sdp` stands `NAME.answer`: what we make of it and what we answer. `BLESS=1` writes the answers anew.

#![cfg(test)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use trunkline_media::codec::Codec;
use trunkline_media::sdp::{Direction, LocalMedia, Negotiated, answer};

#[test]
fn every_example_has_its_answer() {
    let mut examples: Vec<PathBuf> = std::fs::read_dir(corpus())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| is(p, "sdp"))
        .collect();
    examples.sort();
    assert!(examples.len() >= 20, "the corpus is missing");
    let wrong: Vec<String> = examples.iter().filter_map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_answer_has_its_example() {
    for entry in std::fs::read_dir(corpus()).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            !is(&path, "answer") || path.with_extension("sdp").exists(),
            "{} is left over",
            path.display()
        );
    }
}

fn check(path: &Path) -> Option<String> {
    let local = LocalMedia {
        address: if path.ends_with("ipv6.sdp") {
            "[2001:db8::1]:10000"
        } else {
            "192.0.2.1:10000"
        }
        .parse()
        .unwrap(),
        codecs: Codec::G711.to_vec(),
        telephone_event: true,
        session_id: 1,
        version: 1,
        direction: Direction::SendRecv,
        srtp: trunkline_media::sdp::Srtp::Off,
    };
    let got = match answer(&std::fs::read(path).unwrap(), &local) {
        Ok((text, negotiated)) => {
            summary(&negotiated) + &String::from_utf8(text).unwrap().replace("\r\n", "\n")
        }
        Err(error) => format!("{}: {error}\n", error.status()),
    };
    let expected = path.with_extension("answer");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &got).unwrap();
    }
    let want = std::fs::read_to_string(&expected).unwrap_or_default();
    (got != want).then(|| format!("--- {}\nexpected:\n{want}\ngot:\n{got}", path.display()))
}

fn summary(n: &Negotiated) -> String {
    let mut out = format!(
        "{} {} to {} as {}",
        n.direction.attribute(),
        n.codec.name(),
        n.remote_rtp,
        n.payload_type
    );
    if n.receive_payload_type != n.payload_type {
        let _ = write!(out, ", received as {}", n.receive_payload_type);
    }
    let _ = write!(out, ", RTCP to {}", n.remote_rtcp);
    if n.rtcp_mux {
        out += " (mux)";
    }
    if let Some((send, receive)) = n.telephone_event {
        let _ = write!(out, ", keys as {send}/{receive}");
    }
    let _ = writeln!(out, ", {} ms\n", n.ptime.as_millis());
    out
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

fn corpus() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus")
}

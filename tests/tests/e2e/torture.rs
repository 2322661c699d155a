//! The torture messages of RFC 4475 and RFC 5118 on the wire: each gets the answer that is written here, and the next good call works.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use trunkline_tests::lossy::LossyNetwork;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// The answer to what was asked after a message, so that nobody waits by the clock for a message that gets none.
const ANSWER: Duration = Duration::from_secs(20);
/// Where the top Vias of the messages want their answers; SIP's own port is the first.
const PORTS: [u16; 5] = [5060, 5050, 5070, 6050, 19_823];

/// The statuses of the answers, in order; `-` where there is none, `again` where the answer is that of an earlier message, whose branch
/// and host it has. We are no registrar (405). Numbers that we do not have are 404, whatever else is odd about their INVITE. Responses
/// to nothing of ours are dropped.
#[rustfmt::skip]
const RFC_4475: &[(&str, &str)] = &[
    ("badaspec", "400"),
    ("badbranch", "200"),
    ("baddate", "100 404"),
    ("baddn", "400"),
    ("badinv01", "400"),
    ("badvers", "505"),
    ("bcast", "-"),
    ("bext01", "420"),
    ("bigcode", "-"),
    ("clerr", "400"),
    ("cparam01", "405"),
    ("cparam02", "again"),
    ("dblreq", "405"),
    ("esc01", "100 404"),
    ("esc02", "501"),
    ("escnull", "405"),
    ("escruri", "400"),
    ("insuf", "400"),
    ("intmeth", "501"),
    ("inv2543", "100 404"),
    ("invut", "415"),
    ("longreq", "100 404"),
    ("ltgtruri", "400"),
    ("lwsdisp", "200"),
    ("lwsruri", "400"),
    ("lwsstart", "400"),
    ("mcl01", "400"),
    ("mismatch01", "400"),
    ("mismatch02", "400"),
    ("mpart01", "405"),
    ("multi01", "400"),
    ("ncl", "400"),
    ("noreason", "-"),
    ("novelsc", "416"),
    ("quotbal", "400"),
    ("regaut01", "405"),
    ("regbadct", "400"),
    ("regescrt", "again"),
    ("scalar02", "400"),
    ("scalarlg", "-"),
    ("sdp01", "100 404"),
    ("semiuri", "200"),
    ("transports", "200"),
    ("trws", "400"),
    ("unkscm", "416"),
    ("unksm2", "405"),
    ("unreason", "-"),
    ("wsinv", "481"),
    ("zeromf", "200"),
];

#[rustfmt::skip]
const RFC_5118: &[(&str, &str)] = &[
    ("ipv4-mapped-ipv6", "100 404"),
    ("ipv6-bad", "400"),
    ("ipv6-bug-abnf-3-colons", "200"),
    ("ipv6-correct-abnf-2-colons", "again"),
    ("ipv6-good", "405"),
    ("ipv6-in-sdp", "100 404"),
    ("mult-ip-in-header", "481"),
    ("mult-ip-in-sdp", "100 404"),
    ("port-ambiguous", "again"),
    ("port-unambiguous", "again"),
    ("via-received-param-no-delim", "200"),
    ("via-received-param-with-delim", "481"),
];

/// Sends and listens as a trunk that all of them come from.
struct Wire {
    sockets: Vec<UdpSocket>,
    seen: HashSet<String>,
    asked: u32,
    sip: u16,
}

impl Wire {
    async fn new(sip: u16) -> Result<Wire> {
        let mut sockets = Vec::new();
        for port in PORTS {
            sockets.push(UdpSocket::bind(("127.0.0.1", port)).await?);
        }
        Ok(Wire {
            sockets,
            seen: HashSet::new(),
            asked: 0,
            sip,
        })
    }

    /// The statuses that a message is answered with, before a question that is asked after it is answered.
    async fn answers(&mut self, message: &[u8]) -> Result<String> {
        let there = ("127.0.0.1", self.sip);
        self.sockets[0].send_to(message, there).await?;
        self.asked += 1;
        let call_id = format!("asked-{}", self.asked);
        let question = format!(
            "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{call_id};rport\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n\
             To: <sip:127.0.0.1>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        self.sockets[0].send_to(question.as_bytes(), there).await?;
        let mut statuses = Vec::new();
        loop {
            let bytes = timeout(ANSWER, self.next())
                .await
                .context("the question was not answered")??;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.contains(&call_id) {
                break;
            }
            self.note(&text, &mut statuses);
        }
        // What went to another port than the question's answer lies there already: one thread has sent both.
        let mut elsewhere = Vec::new();
        for socket in &self.sockets[1..] {
            let mut buffer = [0; 65_535];
            while let Ok(length) = socket.try_recv(&mut buffer) {
                elsewhere.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            }
        }
        for text in elsewhere {
            self.note(&text, &mut statuses);
        }
        Ok(if statuses.is_empty() {
            "-".to_owned()
        } else {
            statuses.join(" ")
        })
    }

    fn note(&mut self, answer: &str, statuses: &mut Vec<String>) {
        let repeated = !self.seen.insert(answer.to_owned());
        // A final answer to an INVITE is repeated until its ACK, which never comes.
        if repeated && answer.contains(" INVITE\r\n") {
            return;
        }
        let status = answer.split(' ').nth(1).unwrap_or_default();
        statuses.push(if repeated { "again" } else { status }.to_owned());
    }

    async fn next(&self) -> Result<Vec<u8>> {
        let mut buffer = vec![0; 65_535];
        let length = self.sockets[0].recv(&mut buffer).await?;
        buffer.truncate(length);
        Ok(buffer)
    }
}

fn folder(rfc: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(rfc)
}

#[tokio::test]
async fn every_message_gets_its_answer_and_the_next_call_works() -> Result<()> {
    if !folder("rfc4475").is_dir() || !folder("rfc5118").is_dir() {
        println!("skipped: {} is not there", folder("").display());
        return Ok(());
    }
    let _network = LossyNetwork::enter()?;
    let world = World::start().await?;
    let caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let talks = target_who_talks(1_000);
    let mut target = sipp(world.path(), &talks)?;
    let plan = Plan::between(caller.port, target.port);
    let stage = Stage::set(&world, &plan).await?;
    let mut wire = Wire::new(world.sip).await?;
    for (rfc, table) in [("rfc4475", RFC_4475), ("rfc5118", RFC_5118)] {
        let mut names: Vec<String> = fs::read_dir(folder(rfc))?
            .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        let mut found = String::new();
        for name in &names {
            let bytes = fs::read(folder(rfc).join(format!("{name}.dat")))?;
            found += &format!("    (\"{name}\", \"{}\"),\n", wire.answers(&bytes).await?);
        }
        let expected: String = table
            .iter()
            .map(|(name, answers)| format!("    (\"{name}\", \"{answers}\"),\n"))
            .collect();
        ensure!(found == expected, "{rfc} is answered otherwise:\n{found}");
    }
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    ensure!(over["status"] == "completed", "{over:#}");
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    target.finished(SIPP)?;
    Ok(())
}

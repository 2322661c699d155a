//! What went over the loopback interface, as tcpdump saw it: SIP messages and the audio that a port heard.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::program::Program;

/// A capture that runs until it is read.
#[derive(Debug)]
pub struct Capture {
    tcpdump: Program,
    file: PathBuf,
}

/// One UDP datagram of a capture.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Microseconds since the epoch.
    pub at_us: u64,
    /// Sender.
    pub from: SocketAddrV4,
    /// Receiver.
    pub to: SocketAddrV4,
    /// What it carried.
    pub payload: Vec<u8>,
}

impl Capture {
    /// Starts to capture UDP that matches `filter` (pcap syntax), for example `portrange 12000-12099`.
    pub fn start(folder: &Path, filter: &str) -> Result<Capture> {
        let file = folder.join("capture.pcap");
        let mut command = Command::new("tcpdump");
        command
            .args(["-i", "lo", "-n", "-U", "-B", "16384", "-s", "0", "-w"])
            .arg(&file)
            .arg(format!("udp and ({filter})"));
        let tcpdump = Program::start("tcpdump", &mut command, folder)?;
        for _ in 0..250 {
            if tcpdump.printed().contains("listening on") {
                return Ok(Capture { tcpdump, file });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("tcpdump does not listen (it needs root): {}", tcpdump.printed())
    }

    /// Ends the capture and reads it.
    pub fn stop(mut self) -> Result<Vec<Datagram>> {
        // The last packets are on their way from the kernel's ring to the file.
        std::thread::sleep(Duration::from_millis(300));
        self.tcpdump.signal(rustix::process::Signal::INT)?;
        self.tcpdump.wait(Duration::from_secs(10))?;
        read(&fs::read(&self.file)?)
    }
}

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const ETHERNET: usize = 14;
const UDP: usize = 8;

/// Reads a pcap file of Ethernet frames (what tcpdump writes for `lo`).
pub fn read(file: &[u8]) -> Result<Vec<Datagram>> {
    ensure!(
        file.get(..4) == Some(&0xa1b2_c3d4_u32.to_le_bytes()),
        "not a pcap file of this machine's byte order"
    );
    let mut rest = file.get(FILE_HEADER..).context("pcap header is cut")?;
    let mut found = Vec::new();
    while rest.len() >= RECORD_HEADER {
        let word = |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        let at_us = u64::from(word(0)) * 1_000_000 + u64::from(word(4));
        let length = word(8) as usize;
        let Some(frame) = rest.get(RECORD_HEADER..RECORD_HEADER + length) else {
            break;
        };
        found.extend(datagram(at_us, frame));
        rest = &rest[RECORD_HEADER + length..];
    }
    Ok(found)
}

fn datagram(at_us: u64, frame: &[u8]) -> Option<Datagram> {
    let ip = frame.get(ETHERNET..)?;
    let header = usize::from(ip.first()? & 0x0f) * 4;
    let udp = ip.get(header..)?;
    let address = |at: usize| {
        Some(Ipv4Addr::new(
            *ip.get(at)?,
            *ip.get(at + 1)?,
            *ip.get(at + 2)?,
            *ip.get(at + 3)?,
        ))
    };
    let port = |at: usize| Some(u16::from_be_bytes([*udp.get(at)?, *udp.get(at + 1)?]));
    Some(Datagram {
        at_us,
        from: SocketAddrV4::new(address(12)?, port(0)?),
        to: SocketAddrV4::new(address(16)?, port(2)?),
        payload: udp.get(UDP..)?.to_vec(),
    })
}

/// The audio that arrived at `port`, as 8 kHz PCM: G.711 decoded, in the order of its RTP time, silence where nothing came.
pub fn heard(datagrams: &[Datagram], port: u16) -> Vec<i16> {
    let mut streams: BTreeMap<(u16, u32), Vec<(u64, u32, Vec<i16>)>> = BTreeMap::new();
    for d in datagrams.iter().filter(|d| d.to.port() == port) {
        let Ok(packet) = trunkline_media::rtp::Packet::parse(&d.payload) else {
            continue;
        };
        let decode: fn(u8) -> i16 = match packet.payload_type() {
            0 => trunkline_media::codec::g711::ulaw_to_linear,
            8 => trunkline_media::codec::g711::alaw_to_linear,
            _ => continue,
        };
        let samples = packet.payload().iter().map(|&b| decode(b)).collect();
        let stream = streams.entry((d.from.port(), packet.ssrc())).or_default();
        stream.push((d.at_us, packet.timestamp(), samples));
    }
    let mut streams: Vec<_> = streams.into_values().collect();
    streams.sort_by_key(|s| s.first().map(|p| p.0));
    streams
        .into_iter()
        .flat_map(|packets| timeline(&packets))
        .collect()
}

fn timeline(packets: &[(u64, u32, Vec<i16>)]) -> Vec<i16> {
    /// A jump in RTP time past this is a new beginning, not a gap.
    const MAX_GAP: u32 = 8_000 * 10;
    let mut pcm: Vec<i16> = Vec::new();
    let mut next = packets.first().map_or(0, |p| p.1);
    for (_, time, samples) in packets {
        let gap = time.wrapping_sub(next);
        if gap < MAX_GAP {
            pcm.resize(pcm.len() + gap as usize, 0);
        } else if gap > u32::MAX / 2 {
            continue;
        }
        pcm.extend_from_slice(samples);
        next = time.wrapping_add(samples.len() as u32);
    }
    pcm
}

/// SIP messages of a capture that contain `needle`, by sender and receiver port.
pub fn sip<'a>(
    datagrams: &'a [Datagram],
    first_line: &'a str,
) -> impl Iterator<Item = (&'a Datagram, String)> {
    datagrams.iter().filter_map(move |d| {
        let text = String::from_utf8_lossy(&d.payload);
        text.lines()
            .next()
            .is_some_and(|l| l.contains(first_line) && l.contains("SIP/2.0"))
            .then(|| (d, text.into_owned()))
    })
}

//! What went over the loopback interface, as tcpdump saw it: SIP messages and the audio that a port heard.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use trunkline_media::codec::g711;
use trunkline_media::dtmf::Digit;
use trunkline_media::srtp::{Master, Outgoing};
use trunkline_media::tone;

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
            // Without immediate mode the kernel keeps what came last for up to a second.
            .args(["-i", "lo", "-n", "-U", "--immediate-mode", "-B", "16384"])
            .args(["-s", "0", "-w"])
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

/// When it arrived, its RTP time, its samples.
type Heard = (u64, u32, Vec<i16>);

/// The audio that arrived at `port`, as 8 kHz PCM: G.711 decoded, in the order of its RTP time, silence where nothing came.
pub fn heard(datagrams: &[Datagram], port: u16) -> Vec<i16> {
    let mut streams: BTreeMap<(u16, u32), Vec<Heard>> = BTreeMap::new();
    for d in datagrams.iter().filter(|d| d.to.port() == port) {
        let Some(packet) = Rtp::read(&d.payload) else {
            continue;
        };
        let table = match packet.payload_type {
            0 => &g711::ULAW_TO_PCM,
            8 => &g711::ALAW_TO_PCM,
            _ => continue,
        };
        let samples = packet
            .payload
            .iter()
            .map(|&byte| table[usize::from(byte)])
            .collect();
        let stream = streams.entry((d.from.port(), packet.ssrc)).or_default();
        stream.push((d.at_us, packet.timestamp, samples));
    }
    let mut streams: Vec<_> = streams.into_values().collect();
    streams.sort_by_key(|s| s.first().map(|p| p.0));
    streams
        .into_iter()
        .flat_map(|packets| timeline(&packets))
        .collect()
}

fn timeline(packets: &[Heard]) -> Vec<i16> {
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

/// RTP (RFC 3550 section 5.1), read here a second time so that the engine's own reader is not its own judge.
#[derive(Clone, Copy, Debug)]
pub struct Rtp<'a> {
    /// Payload type.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// RTP time.
    pub timestamp: u32,
    /// Source.
    pub ssrc: u32,
    /// Payload without padding.
    pub payload: &'a [u8],
}

impl Rtp<'_> {
    /// `None` for anything that is not version 2, and for RTCP on the same port (RFC 5761 section 4).
    pub fn read(bytes: &[u8]) -> Option<Rtp<'_>> {
        let (head, rest) = bytes.split_at_checked(12)?;
        if head[0] >> 6 != 2 || (192..=223).contains(&head[1]) {
            return None;
        }
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        Some(Rtp {
            payload_type: head[1] & 0x7f,
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: word(4),
            ssrc: word(8),
            payload: rest.get(usize::from(head[0] & 0x0f) * 4..)?,
        })
    }
}

/// Writes a pcap file with `ms` milliseconds of a tone in PCMU packets of 20 ms, for sipp to play.
pub fn write_tone(path: &Path, hz: f64, ms: u32) -> Result<()> {
    write_tone_in(path, hz, ms, 20)
}

/// The same in packets of `ptime_ms`.
pub fn write_tone_in(path: &Path, hz: f64, ms: u32, ptime_ms: usize) -> Result<()> {
    let pcm = tone::sine(hz, 8_000.0, ms as usize * 8);
    let samples = ptime_ms * 8;
    let packets = pcm.chunks(samples).enumerate().map(|(index, frame)| {
        let payload: Vec<u8> = frame.iter().map(|&sample| g711::compress_ulaw(sample)).collect();
        packet(0, index as u16, (index * samples) as u32, &payload)
    });
    write_every(path, packets, ptime_ms as u32)
}

/// The same as [`write_tone`], as the same source goes on after it has sent for so long.
pub fn write_tone_after(path: &Path, hz: f64, ms: u32, sent_ms: u32) -> Result<()> {
    let pcm = tone::sine(hz, 8_000.0, ms as usize * 8);
    let packets = pcm.chunks(160).zip(sent_ms / 20..).map(|(frame, number)| {
        let payload: Vec<u8> = frame.iter().map(|&sample| g711::compress_ulaw(sample)).collect();
        packet(0, number as u16, number * 160, &payload)
    });
    write(path, packets)
}

/// Writes a pcap file with keys as tones in PCMU, each of so many milliseconds and as long a pause behind.
pub fn write_tones(path: &Path, keys: &[Digit], ms: usize) -> Result<()> {
    let mut pcm = Vec::new();
    for key in keys {
        let (low, high) = tones_of(*key);
        let parts = (
            tone::sine(low, 6_000.0, ms * 8),
            tone::sine(high, 6_000.0, ms * 8),
        );
        pcm.extend(parts.0.iter().zip(&parts.1).map(|(low, high)| low + high));
        pcm.resize(pcm.len() + ms * 8, 0);
    }
    let packets = pcm.chunks(160).enumerate().map(|(index, frame)| {
        let payload: Vec<u8> = frame.iter().map(|&sample| g711::compress_ulaw(sample)).collect();
        packet(0, index as u16, index as u32 * 160, &payload)
    });
    write(path, packets)
}

/// The keys that are in audio as tones: bursts of 40 ms at least, with silence between them.
pub fn keys_in(pcm: &[i16]) -> Vec<Digit> {
    const FRAME: usize = 160;
    let all = || (0..16).filter_map(Digit::from_event);
    let key_of = |frame: &[i16]| {
        let share = |key: Digit| {
            let (low, high) = tones_of(key);
            let (low, high) = (tone::share(frame, low), tone::share(frame, high));
            if low > 0.3 && high > 0.3 { low + high } else { 0.0 }
        };
        all().find(|key| tone::power(frame) > 1e4 && share(*key) > 0.8)
    };
    let frames: Vec<Option<Digit>> = pcm.chunks_exact(FRAME).map(key_of).collect();
    let mut found = Vec::new();
    for run in frames.chunk_by(|one, other| one == other) {
        found.extend(run[0].filter(|_| run.len() >= 2));
    }
    found
}

/// The two frequencies of a key (ITU-T Q.23), written here a second time so that the engine is not its own judge.
fn tones_of(key: Digit) -> (f64, f64) {
    const PAD: &str = "123A456B789C*0#D";
    let at = PAD.find(key.as_char()).unwrap_or_default();
    (
        [697.0, 770.0, 852.0, 941.0][at / 4],
        [1_209.0, 1_336.0, 1_477.0, 1_633.0][at % 4],
    )
}

/// Writes a pcap file with a tone as [`write_tone`] does, as SRTP by this key.
pub fn write_sealed_tone(path: &Path, hz: f64, ms: u32, key: &Master) -> Result<()> {
    let pcm = tone::sine(hz, 8_000.0, ms as usize * 8);
    let mut sealer = Outgoing::new(key);
    let packets = pcm.chunks(160).enumerate().map(|(index, frame)| {
        let payload: Vec<u8> = frame.iter().map(|&sample| g711::compress_ulaw(sample)).collect();
        let mut packet = packet(0, index as u16, index as u32 * 160, &payload);
        // Numbers that count up are never refused.
        let _sealed = sealer.seal_rtp(&mut packet, 0);
        packet
    });
    write(path, packets)
}

/// Writes a pcap file with a moment of silence, such as comes just before what [`write_tone`] writes.
pub fn write_breath(path: &Path) -> Result<()> {
    /// 400 ms: media may be ready later than signalling.
    const PACKETS: u16 = 20;
    let packets = (1..=PACKETS).rev().map(|before| {
        let time = 0_u32.wrapping_sub(u32::from(before) * 160);
        packet(0, 0_u16.wrapping_sub(before), time, &[0xff; 160])
    });
    write(path, packets)
}

/// Writes a pcap file with one key of 100 ms as events (RFC 4733 section 2.5.1): five updates, the end three times.
/// `number` sets keys of one
/// call apart.
pub fn write_key(path: &Path, digit: Digit, number: u32) -> Result<()> {
    const EVENTS: u8 = 101;
    let time = 1_000_000 * (number + 1);
    let packets = (1..=8_u16).map(|n| {
        let (end, duration) = (if n > 5 { 0x80 } else { 0 }, n.min(5) * 160);
        let payload = [digit.event(), end | 10, (duration >> 8) as u8, duration as u8];
        let marker = if n == 1 { 0x80 } else { 0 };
        packet(
            EVENTS | marker,
            30_000 + (number as u16) * 100 + n,
            time,
            &payload,
        )
    });
    write(path, packets)
}

/// The bytes of an RTP packet.
pub fn packet(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut rtp = vec![0x80, payload_type];
    rtp.extend_from_slice(&sequence.to_be_bytes());
    rtp.extend_from_slice(&timestamp.to_be_bytes());
    rtp.extend_from_slice(&0x5150_u32.to_be_bytes());
    rtp.extend_from_slice(payload);
    rtp
}

/// Packets 20 ms apart.
fn write(path: &Path, packets: impl Iterator<Item = Vec<u8>>) -> Result<()> {
    write_every(path, packets, 20)
}

fn write_every(path: &Path, packets: impl Iterator<Item = Vec<u8>>, ms: u32) -> Result<()> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for (index, packet) in packets.enumerate() {
        let frame = ethernet(&packet);
        let at_us = index as u32 * ms * 1_000;
        let length = frame.len() as u32;
        for word in [at_us / 1_000_000, at_us % 1_000_000, length, length] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&frame);
    }
    Ok(fs::write(path, file)?)
}

/// A frame from and to nowhere; sipp takes only its payload and sends it from its own port.
fn ethernet(payload: &[u8]) -> Vec<u8> {
    let udp_length = (UDP + payload.len()) as u16;
    let mut frame = vec![0; 12];
    frame.extend_from_slice(&[0x08, 0x00, 0x45, 0]);
    frame.extend_from_slice(&(udp_length + 20).to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    for field in [20_000_u16, 20_002, udp_length, 0] {
        frame.extend_from_slice(&field.to_be_bytes());
    }
    frame.extend_from_slice(payload);
    frame
}

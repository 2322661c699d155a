//! Compound RTCP packets as we send them: a report, our name, and BYE at the end (RFC 3550 section 6.1).

use super::{ReportBlock, SenderInfo};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;
/// A name is cut here: its length is one byte (RFC 3550 section 6.5).
const CNAME_MAX: usize = 255;

/// Whether the source says that it leaves (RFC 3550 section 6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bye {
    /// It stays.
    No,
    /// The stream ends with this packet.
    Yes,
}

/// What goes into one datagram.
#[derive(Clone, Copy, Debug)]
pub struct Compound<'a> {
    /// Ours.
    pub ssrc: u32,
    /// Present when we sent since the last reports: makes it a sender report.
    pub sender: Option<SenderInfo>,
    /// About the source that we hear.
    pub block: Option<ReportBlock>,
    /// Our canonical name, random for each stream (RFC 7022).
    pub cname: &'a str,
    /// Whether this is the last.
    pub bye: Bye,
}

/// Appends the compound packet to `out`.
pub fn write(compound: &Compound<'_>, out: &mut Vec<u8>) {
    let blocks = u8::from(compound.block.is_some());
    let report = match compound.sender {
        Some(_) => SENDER_REPORT,
        None => RECEIVER_REPORT,
    };
    packet(report, blocks, out, |out| {
        out.extend(compound.ssrc.to_be_bytes());
        if let Some(sender) = compound.sender {
            out.extend(sender.ntp.0.to_be_bytes());
            for word in [sender.rtp_time, sender.packets, sender.octets] {
                out.extend(word.to_be_bytes());
            }
        }
        if let Some(block) = compound.block {
            write_block(&block, out);
        }
    });
    packet(SOURCE_DESCRIPTION, 1, out, |out| {
        let name = &compound.cname.as_bytes()[..compound.cname.len().min(CNAME_MAX)];
        out.extend(compound.ssrc.to_be_bytes());
        out.extend([CNAME, name.len() as u8]);
        out.extend(name);
        // The list ends with a zero byte, then fills its word (RFC 3550 section 6.5).
        let written = 4 + 4 + 2 + name.len();
        out.resize(out.len() + 4 - written % 4, 0);
    });
    match compound.bye {
        Bye::No => {}
        Bye::Yes => packet(BYE, 1, out, |out| out.extend(compound.ssrc.to_be_bytes())),
    }
}

fn write_block(block: &ReportBlock, out: &mut Vec<u8>) {
    out.extend(block.ssrc.to_be_bytes());
    let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7F_FFFF) as u32 & 0x00FF_FFFF;
    let words = [
        u32::from(block.fraction_lost) << 24 | lost,
        block.highest_sequence,
        block.jitter,
        block.last_sr,
        block.delay_since_sr,
    ];
    for word in words {
        out.extend(word.to_be_bytes());
    }
}

/// A header, what `body` writes, and the length in words less one (RFC 3550 section 6.4.1).
fn packet(kind: u8, count: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([2 << 6 | count, kind, 0, 0]);
    body(out);
    let words = (out.len() - start) / 4 - 1;
    if let Some(length) = out.get_mut(start + 2..start + 4) {
        length.copy_from_slice(&(words as u16).to_be_bytes());
    }
}

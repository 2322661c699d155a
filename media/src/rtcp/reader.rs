//! Reading RTCP leniently: what can be understood is, the rest of a datagram is skipped or ends it.

use super::{NtpTime, ReportBlock, SenderInfo};

const HEADER: usize = 4;
const BLOCK: usize = 24;

/// One packet of a compound that concerns us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// How a source sends (packet type 200).
    Sender {
        /// The source.
        ssrc: u32,
        /// What it says.
        info: SenderInfo,
    },
    /// How somebody hears a source (in packet types 200 and 201).
    Block(ReportBlock),
    /// A source leaves (packet type 203).
    Bye {
        /// The source.
        ssrc: u32,
    },
}

/// Hands every report of a datagram to `on`, in order. False when its first packet is no RTCP at all.
pub fn read(datagram: &[u8], mut on: impl FnMut(Report)) -> bool {
    let mut rest = datagram;
    let mut any = false;
    while let Some((first, kind, body, after)) = split(rest) {
        any = true;
        let count = usize::from(first & 0x1F);
        match kind {
            200 => read_sender(body, count, &mut on),
            201 => read_blocks(body.get(4..).unwrap_or_default(), count, &mut on),
            203 => {
                for source in body.chunks_exact(4).take(count) {
                    on(Report::Bye {
                        ssrc: word(source, 0),
                    });
                }
            }
            // SDES, APP, feedback and XR say nothing that we use.
            0..=199 | 202 | 204..=255 => {}
        }
        rest = after;
    }
    any
}

/// First byte, packet type, body and what follows.
fn split(datagram: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let &[first, kind, high, low, ..] = datagram else {
        return None;
    };
    if first >> 6 != 2 || !(192..=223).contains(&kind) {
        return None;
    }
    let end = HEADER + usize::from(u16::from_be_bytes([high, low])) * 4;
    Some((first, kind, datagram.get(HEADER..end)?, datagram.get(end..)?))
}

fn read_sender(body: &[u8], count: usize, on: &mut impl FnMut(Report)) {
    let Some(head) = body.get(..24) else { return };
    let ntp = NtpTime(u64::from(word(head, 1)) << 32 | u64::from(word(head, 2)));
    let info = SenderInfo {
        ntp,
        rtp_time: word(head, 3),
        packets: word(head, 4),
        octets: word(head, 5),
    };
    on(Report::Sender {
        ssrc: word(head, 0),
        info,
    });
    read_blocks(&body[24..], count, on);
}

fn read_blocks(body: &[u8], count: usize, on: &mut impl FnMut(Report)) {
    for block in body.chunks_exact(BLOCK).take(count) {
        let loss = word(block, 1);
        on(Report::Block(ReportBlock {
            ssrc: word(block, 0),
            fraction_lost: (loss >> 24) as u8,
            // Shifted up and down again: the sign of 24 bits.
            cumulative_lost: (loss << 8) as i32 >> 8,
            highest_sequence: word(block, 2),
            jitter: word(block, 3),
            last_sr: word(block, 4),
            delay_since_sr: word(block, 5),
        }));
    }
}

/// The word at `index`, zero beyond the end.
fn word(bytes: &[u8], index: usize) -> u32 {
    match bytes.get(index * 4..index * 4 + 4) {
        Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
        Some(_) | None => 0,
    }
}

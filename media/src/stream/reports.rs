//! RTCP of one stream: when reports are due, what they say, and what the far end's reports tell us.

use std::time::{Duration, Instant};

use rand::{Rng, RngExt};

use super::sending::Sending;
use crate::rtcp::{self, Bye, Compound, NtpTime, Reception, Report, SenderInfo};

/// The minimum interval of RFC 3550 section 6.2, varied by half either way (section 6.3.1).
const INTERVAL_MS: u64 = 5_000;
/// A round trip longer than this is nonsense.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(30);

/// The state of reporting.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    cname: String,
    /// When the engine started: NTP times count from here.
    epoch: Instant,
    due: Instant,
    /// Packets that we had sent by the last report.
    reported: u64,
    /// Their last sender report: its middle bits and when it came.
    heard: Option<(u32, Instant)>,
    pub(super) round_trip: Option<Duration>,
    /// Of 256.
    pub(super) remote_loss: Option<u8>,
}

impl Reports {
    pub(super) fn new(now: Instant, epoch: Instant, rng: &mut impl Rng) -> Reports {
        // 96 random bits, as RFC 7022 section 4.2 wants of a short-term name.
        let (high, low): (u64, u32) = (rng.random(), rng.random());
        Reports {
            cname: format!("{high:016x}{low:08x}"),
            epoch,
            due: now + interval(rng) / 2,
            reported: 0,
            heard: None,
            round_trip: None,
            remote_loss: None,
        }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// Appends the report of now and sets the time of the next. `ticks` of the codec's clock are one of ours.
    pub(super) fn write(
        &mut self,
        now: Instant,
        rng: &mut impl Rng,
        sending: &Sending,
        reception: &mut Reception,
        (bye, ticks): (Bye, u32),
        out: &mut Vec<u8>,
    ) {
        self.due = now + interval(rng);
        let sender = (sending.packets > self.reported).then(|| SenderInfo {
            ntp: self.ntp(now),
            rtp_time: sending.time(now).0.wrapping_mul(ticks),
            packets: sending.packets as u32,
            octets: sending.octets as u32,
        });
        self.reported = sending.packets;
        let block = reception.report().map(|mut block| {
            block.jitter = block.jitter.saturating_mul(ticks);
            if let Some((middle, came)) = self.heard {
                block.last_sr = middle;
                block.delay_since_sr = NtpTime::after(now.saturating_duration_since(came)).middle();
            }
            block
        });
        rtcp::write(
            &Compound {
                ssrc: sending.ssrc(),
                sender,
                block,
                cname: &self.cname,
                bye,
            },
            out,
        );
    }

    /// Takes a datagram of the far end; false when it is no RTCP.
    pub(super) fn on(&mut self, now: Instant, ssrc: u32, datagram: &[u8]) -> bool {
        let arrived = self.ntp(now).middle();
        rtcp::read(datagram, |report| match report {
            Report::Sender { info, .. } => self.heard = Some((info.ntp.middle(), now)),
            Report::Block(block) if block.ssrc == ssrc => {
                self.remote_loss = Some(block.fraction_lost);
                // RFC 3550 section 6.4.1: A - LSR - DLSR, in 1/65,536 s.
                let trip = arrived
                    .wrapping_sub(block.last_sr)
                    .wrapping_sub(block.delay_since_sr);
                let trip = Duration::from_micros((u64::from(trip) * 1_000_000) >> 16);
                if block.last_sr != 0 && trip < ROUND_TRIP_MAX {
                    self.round_trip = Some(trip);
                }
            }
            Report::Block(_) | Report::Bye { .. } => {}
        })
    }

    fn ntp(&self, now: Instant) -> NtpTime {
        // One second on, so that no report of ours has a time of zero, which means "none".
        NtpTime::after(now.saturating_duration_since(self.epoch) + Duration::from_secs(1))
    }
}

fn interval(rng: &mut impl Rng) -> Duration {
    Duration::from_millis(rng.random_range(INTERVAL_MS / 2..=INTERVAL_MS * 3 / 2))
}

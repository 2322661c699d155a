//! RTCP against the `rtcp` crate, and reception against hand-made sequences.

use std::time::Duration;

use proptest::prelude::*;
use webrtc_util::marshal::{Marshal, Unmarshal};

use super::*;
use crate::rtp::{RtpTime, SeqNum};

fn compound(sender: bool, block: bool, bye: bool, numbers: [u32; 6], lost: i32, cname: &str) -> Vec<u8> {
    let [ssrc, other, a, b, c, d] = numbers;
    let mut out = Vec::new();
    let info = SenderInfo {
        ntp: NtpTime(u64::from(a) << 32 | 7),
        rtp_time: b,
        packets: c,
        octets: d,
    };
    let block = block.then_some(ReportBlock {
        ssrc: other,
        fraction_lost: a as u8,
        cumulative_lost: lost,
        highest_sequence: b,
        jitter: c,
        last_sr: d,
        delay_since_sr: a,
    });
    let bye = if bye { Bye::Yes } else { Bye::No };
    write(
        &Compound {
            ssrc,
            sender: sender.then_some(info),
            block,
            cname,
            bye,
        },
        &mut out,
    );
    out
}

fn ours(datagram: &[u8]) -> Vec<Report> {
    let mut reports = Vec::new();
    read(datagram, |report| reports.push(report));
    reports
}

/// The same reports as the `rtcp` crate sees them.
fn theirs(mut datagram: &[u8]) -> Vec<Report> {
    let block = |block: &rtcp::reception_report::ReceptionReport| {
        Report::Block(ReportBlock {
            ssrc: block.ssrc,
            fraction_lost: block.fraction_lost,
            cumulative_lost: (block.total_lost << 8) as i32 >> 8,
            highest_sequence: block.last_sequence_number,
            jitter: block.jitter,
            last_sr: block.last_sender_report,
            delay_since_sr: block.delay,
        })
    };
    let mut reports = Vec::new();
    while !datagram.is_empty() {
        let length = 4 * (usize::from(u16::from_be_bytes([datagram[2], datagram[3]])) + 1);
        let (mut packet, rest) = datagram.split_at(length);
        match packet[1] {
            200 => {
                let sender = rtcp::sender_report::SenderReport::unmarshal(&mut packet).unwrap();
                let info = SenderInfo {
                    ntp: NtpTime(sender.ntp_time),
                    rtp_time: sender.rtp_time,
                    packets: sender.packet_count,
                    octets: sender.octet_count,
                };
                reports.push(Report::Sender {
                    ssrc: sender.ssrc,
                    info,
                });
                reports.extend(sender.reports.iter().map(block));
            }
            201 => {
                let receiver = rtcp::receiver_report::ReceiverReport::unmarshal(&mut packet).unwrap();
                reports.extend(receiver.reports.iter().map(block));
            }
            202 => {
                let names = rtcp::source_description::SourceDescription::unmarshal(&mut packet).unwrap();
                assert_eq!(names.chunks.len(), 1);
            }
            203 => {
                let bye = rtcp::goodbye::Goodbye::unmarshal(&mut packet).unwrap();
                reports.extend(bye.sources.iter().map(|&ssrc| Report::Bye { ssrc }));
            }
            other => panic!("packet type {other}"),
        }
        datagram = rest;
    }
    reports
}

proptest! {
    #[test]
    fn the_rtcp_crate_reads_what_we_write_and_so_do_we(
        sender: bool, block: bool, bye: bool, numbers: [u32; 6], lost in -0x80_0000..0x80_0000i32, cname in "[a-z0-9]{0,40}",
    ) {
        let datagram = compound(sender, block, bye, numbers, lost, &cname);
        prop_assert_eq!(datagram.len() % 4, 0);
        let reports = ours(&datagram);
        prop_assert_eq!(&reports, &theirs(&datagram));
        let count = usize::from(sender) + usize::from(block) + usize::from(bye);
        prop_assert_eq!(reports.len(), count);
        let name = rtcp::source_description::SourceDescription::unmarshal(
            &mut &datagram[datagram.windows(2).position(|pair| pair == [0x81, 202]).unwrap()..],
        );
        if let Ok(name) = name {
            prop_assert_eq!(&name.chunks[0].items[0].text[..], cname.as_bytes());
        }
    }

    #[test]
    fn we_read_what_the_rtcp_crate_writes(ssrc: u32, fraction_lost: u8, total_lost in 0..0x100_0000u32, jitter: u32) {
        let report = rtcp::reception_report::ReceptionReport { ssrc, fraction_lost, total_lost, jitter, ..Default::default() };
        let packet = rtcp::receiver_report::ReceiverReport { ssrc: 9, reports: vec![report; 3], ..Default::default() };
        let datagram = packet.marshal().unwrap();
        prop_assert_eq!(ours(&datagram), theirs(&datagram));
        prop_assert_eq!(ours(&datagram).len(), 3);
    }

    #[test]
    fn damaged_reports_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        cut: prop::sample::Index, at: prop::sample::Index, value: u8,
    ) {
        read(&bytes, |_| {});
        let mut datagram = compound(true, true, true, [1, 2, 3, 4, 5, 6], -1, "name");
        let at = at.index(datagram.len());
        datagram[at] = value;
        datagram.truncate(cut.index(datagram.len()));
        read(&datagram, |_| {});
    }

    /// Whatever order packets come in, within the window: received + lost = expected.
    #[test]
    fn loss_is_what_never_came(start: u16, drops in proptest::collection::vec(any::<bool>(), 1..400), swap: bool) {
        let mut numbers: Vec<u16> = drops.iter().enumerate()
            .filter(|&(at, &drop)| !drop || at == 0 || at + 1 == drops.len())
            .map(|(at, _)| start.wrapping_add(at as u16)).collect();
        if swap {
            let length = numbers.len();
            for pair in numbers[1..length.max(2) - 1].chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
        }
        let mut reception = Reception::default();
        for &number in &numbers {
            reception.arrived(1, SeqNum(number));
            prop_assert_eq!(reception.arrived(1, SeqNum(number)), Arrival::Duplicate);
        }
        prop_assert_eq!(reception.lost(), (drops.len() - numbers.len()) as u64);
    }
}

#[test]
fn a_source_that_starts_over_is_believed_with_its_second_packet() {
    let mut reception = Reception::default();
    let arrivals: Vec<Arrival> = [10, 11, 9_000, 13, 9_000, 9_001, 9_002]
        .map(|number| reception.arrived(1, SeqNum(number)))
        .into();
    use Arrival::*;
    assert_eq!(
        arrivals,
        [Newest, Newest, Suspect, Newest, Suspect, Restarted, Newest]
    );
    assert_eq!(reception.lost(), 1, "12 never came");
    assert_eq!(reception.arrived(2, SeqNum(77)), Restarted);
    assert_eq!(reception.lost(), 1, "kept over the change of source");
}

#[test]
fn fraction_lost_is_of_the_interval() {
    let mut reception = Reception::default();
    (0..100).filter(|number| number % 4 != 1).for_each(|number| {
        reception.arrived(1, SeqNum(number));
    });
    let first = reception.report().unwrap();
    assert_eq!(
        (first.fraction_lost, first.cumulative_lost, first.highest_sequence),
        (64, 25, 99)
    );
    (100..200).for_each(|number| {
        reception.arrived(1, SeqNum(number));
    });
    let second = reception.report().unwrap();
    assert_eq!((second.fraction_lost, second.cumulative_lost), (0, 25));
}

#[test]
fn jitter_rises_with_uneven_arrival_and_not_with_a_pause() {
    let mut reception = Reception::default();
    for packet in 0..200u32 {
        reception.arrived(1, SeqNum(packet as u16));
        let late = if packet % 2 == 0 { 0 } else { 40 };
        reception.timed(RtpTime(packet * 160 + late), RtpTime(packet * 160));
    }
    // Every difference is 40 ticks, so the running mean goes towards 40.
    assert!((38..=40).contains(&reception.jitter()), "{}", reception.jitter());
    let before = reception.jitter();
    reception.timed(RtpTime(200 * 160), RtpTime(900_000));
    assert_eq!(reception.jitter(), before);
}

#[test]
fn ntp_time_keeps_the_fraction() {
    let time = NtpTime::after(Duration::from_millis(1_500));
    assert_eq!(time.0, 0x1_8000_0000);
    assert_eq!(time.middle(), 0x0001_8000);
}

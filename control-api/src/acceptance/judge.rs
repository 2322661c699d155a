//! From what was seen to what it means, and what to do about it. Pure.

use std::time::Duration;

use trunkline_gateway::cdr::{Cdr, EndedBy};
use trunkline_gateway::trunk::registration::Standing;
use trunkline_gateway::trunk::snapshot::{DtmfWay, Trunk};

use super::facts::{Back, Facts, KEYS};
use super::sheet::{Item, Sheet};

/// What ITU-T E.721 recommends for the mean post-selection delay of a call to a distant place within a country.
const QUICK: Duration = Duration::from_secs(5);
/// Loss that people begin to hear.
const LOSS_PERCENT: f64 = 2.0;
/// Below it users are dissatisfied (ITU-T G.107 annex B).
const GOOD_MOS: f64 = 3.6;
/// What is said of items that need a call.
const CALL: &str = "give a number to call: --call +12025550123; best one of yours that comes in on this trunk, so that both ends are seen";

/// What is said of a trunk that is silent.
const NOBODY_THERE: &str =
    "check host, port and transport, that no firewall is in between, and that the carrier knows our address";

/// Judges everything.
pub(super) fn sheet(facts: &Facts) -> Sheet {
    let mut items = vec![registration(facts), options(facts)];
    items.push(call(facts));
    let answered = facts.call.cdr.as_ref().filter(|c| c.answered_at.is_some());
    match &facts.call.cdr {
        Some(cdr) if facts.was_heard() => items.extend([post_dial_delay(facts, cdr), early_media(facts)]),
        Some(_) | None => items.extend(["post_dial_delay", "early_media"].map(|item| not_tried(facts, item))),
    }
    match answered {
        Some(cdr) => items.extend([
            codec(facts, cdr),
            audio(facts, cdr),
            keys_out(facts, cdr),
            keys_in(facts, cdr),
            caller_id(facts),
            hold(facts),
            hang_up(facts, cdr),
        ]),
        None => items.extend(
            [
                "codec",
                "audio",
                "keys_out",
                "keys_in",
                "caller_id",
                "hold",
                "hang_up",
            ]
            .map(|item| not_tried(facts, item)),
        ),
    }
    items.push(calls_per_second(facts));
    Sheet::new(&facts.trunk.name, notes(facts), items)
}

fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if !facts.listens {
        notes.push(
            "another program has our SIP port (trunkline serve?): this test listens on another one, and calls to us go to that program"
                .to_owned(),
        );
    }
    if !facts.trunk.enabled {
        notes.push("the trunk is not enabled: no campaign uses it yet".to_owned());
    }
    notes
}

fn not_tried(facts: &Facts, item: &'static str) -> Item {
    match facts.number {
        None => Item::skipped(item, "no call was made", ""),
        Some(_) => Item::skipped(item, "the call was not answered", ""),
    }
}

fn registration(facts: &Facts) -> Item {
    const ITEM: &str = "registration";
    let credentials =
        "compare username and password with what the carrier gave you; some want the account as USER@DOMAIN";
    match facts.standing {
        Standing::Off if facts.trunk.register => Item::skipped(
            ITEM,
            "not tried: a program that serves is registered, and a contact of ours would take its calls",
            "GET /v1/trunks/{id}/status says how its registration stands; or stop it for this test",
        ),
        Standing::Off => Item::skipped(ITEM, "this trunk wants none (register is off)", ""),
        Standing::Held => Item::pass(ITEM, "the registrar knows where we are"),
        Standing::Asking | Standing::Failed(None) => Item::fail(
            ITEM,
            format!("nothing answers REGISTER at {}", facts.place()),
            "check host, port and transport, and that no firewall is in between",
        ),
        Standing::Failed(Some(status @ (401 | 403 | 407))) => {
            Item::fail(ITEM, format!("refused with {status}"), credentials)
        }
        Standing::Failed(Some(status)) => Item::fail(
            ITEM,
            format!("refused with {status}"),
            "ask the carrier what this account may register",
        ),
    }
}

fn options(facts: &Facts) -> Item {
    const ITEM: &str = "options";
    let place = facts.place();
    match facts.round_trip {
        Some(time) => Item::pass(ITEM, format!("{place} answers after {} ms", time.as_millis())),
        None if facts.trunk.addresses().next().is_none() => Item::fail(
            ITEM,
            format!("the host {} has no address", facts.trunk.host),
            "check its spelling, and that this machine can look names up",
        ),
        None if facts.call.ringing.is_some() => Item::warn(
            ITEM,
            format!("{place} does not answer OPTIONS, and takes calls"),
            "ask the carrier to answer OPTIONS, or a dead trunk is found by a caller only",
        ),
        None => Item::fail(ITEM, format!("nothing answers at {place}"), NOBODY_THERE),
    }
}

fn call(facts: &Facts) -> Item {
    const ITEM: &str = "call";
    let Some(number) = &facts.number else {
        return Item::skipped(ITEM, "no call was made", CALL);
    };
    let number = number.as_str();
    let Some(cdr) = &facts.call.cdr else {
        let to_do = "give the trunk a caller_id, or a number of its own: something has to be shown";
        return Item::fail(ITEM, format!("{number} could not be called"), to_do);
    };
    if cdr.answered_at.is_some() {
        return match (facts.comes_back, &facts.back, facts.listens) {
            (true, Some(_), _) => Item::pass(ITEM, format!("{number} was answered, by us: it came back")),
            (true, None, true) => Item::warn(
                ITEM,
                format!("{number} was answered, but did not come back to us, though it is ours"),
                "ask the carrier where it sends calls to this number",
            ),
            (true, None, false) | (false, _, _) => Item::pass(ITEM, format!("{number} was answered")),
        };
    }
    let said = match cdr.sip_status {
        Some(status) => format!("{number}: {status} {}", cdr.cause),
        None => format!("{number}: {}", cdr.cause),
    };
    if !facts.was_heard() {
        return Item::fail(ITEM, said, NOBODY_THERE);
    }
    let to_do = refused(cdr.sip_status);
    match cdr.sip_status {
        Some(408 | 480 | 486 | 487 | 600 | 603) => Item::warn(ITEM, said, to_do),
        None if facts.call.ringing.is_some() => Item::warn(ITEM, said, to_do),
        Some(_) | None => Item::fail(ITEM, said, to_do),
    }
}

/// What a refusal of a call mostly means.
fn refused(status: Option<u16>) -> &'static str {
    match status {
        Some(401 | 407) => "compare username and password with what the carrier gave you",
        Some(403) => {
            "the carrier does not let us call: have it allow our address, the number shown, or the country"
        }
        Some(404 | 484 | 604) => {
            "compare number_format, tech_prefix and number_rules with how the carrier wants numbers"
        }
        Some(415 | 488 | 606) => "compare codecs and srtp with what the carrier takes",
        Some(429 | 503) => {
            "the carrier takes no more calls now: ask it for your channels and calls per second"
        }
        Some(486 | 600 | 603) => "the line is busy or declines: call another number",
        Some(_) => "ask the carrier what it means by that, with the Call-ID and the time",
        None => "nobody answered: call a number that is answered",
    }
}

fn post_dial_delay(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "post_dial_delay";
    let limit = facts.trunk.post_dial_limit;
    let ms = cdr.pdd_ms.unwrap_or(cdr.duration_ms);
    let found = format!("{:.1} s until it rang", ms as f64 / 1_000.0);
    let delay = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    if delay <= QUICK {
        Item::pass(ITEM, found)
    } else if delay <= limit {
        Item::warn(
            ITEM,
            found,
            "callers wait in silence: ask the carrier for a shorter way",
        )
    } else {
        Item::fail(
            ITEM,
            format!("{found}, and post_dial_limit_ms is {}", limit.as_millis()),
            "campaigns go to the next trunk before this one rings: raise the limit, or ask the carrier for a shorter way",
        )
    }
}

fn early_media(facts: &Facts) -> Item {
    const ITEM: &str = "early_media";
    match facts.call.ringing {
        Some((status, true)) => Item::pass(
            ITEM,
            format!("{status} with media: callers hear what the network says"),
        ),
        Some((status, false)) => {
            Item::pass(ITEM, format!("{status} without media: callers hear our ringback"))
        }
        None if facts.back.is_some() => Item::pass(ITEM, "none: we answered at once ourselves"),
        None if facts.call.cdr.as_ref().is_some_and(|c| c.answered_at.is_none()) => {
            Item::skipped(ITEM, "it was refused before it rang", "")
        }
        None => Item::warn(
            ITEM,
            "no 18x: it was answered without ringing",
            "a gateway of the carrier may answer in place of the person: calls would be counted as answered",
        ),
    }
}

fn codec(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "codec";
    let Some(codec) = &cdr.codec else {
        return Item::fail(
            ITEM,
            "none was agreed",
            "compare codecs with what the carrier takes",
        );
    };
    let first = facts.trunk.codecs.first().map(|c| c.name().to_owned());
    match first {
        Some(first) if first.eq_ignore_ascii_case(codec) => {
            Item::pass(ITEM, format!("{codec}, the first we offer"))
        }
        Some(first) => Item::pass(
            ITEM,
            format!("{codec}; {first}, which we offer first, is not taken"),
        ),
        None => Item::pass(ITEM, codec.clone()),
    }
}

fn audio(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "audio";
    if cdr.rtp_rx_packets == 0 || cdr.one_way {
        return Item::fail(
            ITEM,
            format!(
                "{} packets sent, {} heard",
                cdr.rtp_tx_packets, cdr.rtp_rx_packets
            ),
            "set [rtp] external_ip to the address that the carrier sees, let the RTP ports through the firewall, and try learn_source",
        );
    }
    if let Some(deaf) = facts
        .back
        .as_ref()
        .and_then(|b| b.side.cdr.as_ref())
        .filter(|c| c.rtp_rx_packets == 0)
    {
        return Item::fail(
            ITEM,
            format!(
                "{} packets were sent towards us on the way back, and none was heard",
                deaf.rtp_tx_packets
            ),
            "set [rtp] external_ip to the address that the carrier sees, and let the RTP ports through the firewall",
        );
    }
    let loss = 100.0 * cdr.rtp_lost as f64 / (cdr.rtp_lost + cdr.rtp_rx_packets) as f64;
    let mos = cdr.mos.map_or(String::new(), |mos| format!(", MOS {mos:.1}"));
    let found = format!("{loss:.1} % lost, jitter {:.0} ms{mos}", cdr.jitter_ms);
    if loss > LOSS_PERCENT || cdr.mos.is_some_and(|mos| mos < GOOD_MOS) {
        let to_do = "look for a full line or a busy machine on the way; ask the carrier for a nearer gateway";
        return Item::warn(ITEM, found, to_do);
    }
    Item::pass(ITEM, found)
}

fn way(trunk: &Trunk) -> &'static str {
    match trunk.dtmf {
        DtmfWay::Rfc4733 => "RFC 4733 events",
        DtmfWay::Info => "SIP INFO",
        DtmfWay::Inband => "tones",
    }
}

fn keys_out(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "keys_out";
    let by = way(&facts.trunk);
    let heard = facts
        .back
        .as_ref()
        .and_then(|b| b.side.cdr.as_ref())
        .map(|c| c.digits.as_str());
    match heard {
        _ if cdr.digits == KEYS => Item::pass(ITEM, format!("all {} keys by {by} came back", KEYS.len())),
        Some(heard) if heard == KEYS => Item::pass(ITEM, format!("all {} keys by {by} arrived", KEYS.len())),
        Some(heard) => Item::fail(
            ITEM,
            format!("of {KEYS} by {by} arrived {:?}", heard),
            "try another dtmf for this trunk: rfc4733, info, inband",
        ),
        None => Item::warn(
            ITEM,
            format!("{KEYS} pressed by {by}; whether they were heard cannot be seen from here"),
            "ask who was called, or call a number of yours that comes in on this trunk",
        ),
    }
}

fn keys_in(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "keys_in";
    match cdr.digits.as_str() {
        KEYS => Item::pass(ITEM, format!("all {} keys were heard", KEYS.len())),
        "" => Item::warn(
            ITEM,
            "no key was heard",
            "press 1, 2 and 3 when you are asked to; if you did, try another dtmf: rfc4733, info, inband",
        ),
        some if facts.back.is_some() => Item::fail(
            ITEM,
            format!("of {KEYS} were heard {some:?}"),
            "try another dtmf for this trunk: rfc4733, info, inband",
        ),
        some => Item::pass(ITEM, format!("heard {some:?}: compare with what was pressed")),
    }
}

fn caller_id(facts: &Facts) -> Item {
    const ITEM: &str = "caller_id";
    let shown = facts.shown.as_ref().map_or("no number", |n| n.as_str());
    let policy = "compare the trunk's identity policy and number_format with what the carrier wants, and have it allow this number";
    match &facts.back {
        None => Item::warn(
            ITEM,
            format!("{shown} was shown; what arrived cannot be seen from here"),
            "ask who was called, or call a number of yours that comes in on this trunk",
        ),
        Some(Back { from: Some(from), .. }) if facts.shown.as_ref() == Some(from) => {
            Item::pass(ITEM, format!("{shown} arrived as it was shown"))
        }
        Some(Back { from: Some(from), .. }) => Item::fail(
            ITEM,
            format!("{shown} was shown, and {} arrived", from.as_str()),
            policy,
        ),
        Some(Back { from: None, .. }) => {
            Item::fail(ITEM, format!("{shown} was shown, and none arrived"), policy)
        }
    }
}

fn hold(facts: &Facts) -> Item {
    const ITEM: &str = "hold";
    let to_do = "a target that holds may lose the call on this trunk: ask the carrier to take re-INVITE";
    match (facts.call.held, facts.call.resumed) {
        (Some(None), Some(None)) => Item::pass(ITEM, "held and taken back by re-INVITE"),
        (Some(Some(status)), _) => Item::warn(ITEM, format!("hold was refused with {status}"), to_do),
        (_, Some(Some(status))) => Item::warn(ITEM, format!("taking back was refused with {status}"), to_do),
        (None, _)
            if facts
                .call
                .cdr
                .as_ref()
                .is_some_and(|c| c.ended_by == EndedBy::Caller) =>
        {
            Item::skipped(
                ITEM,
                "the far end hung up before",
                "stay on the line until we hang up",
            )
        }
        (None, _) | (_, None) => Item::fail(ITEM, "re-INVITE was not answered", to_do),
    }
}

fn hang_up(facts: &Facts, cdr: &Cdr) -> Item {
    const ITEM: &str = "hang_up";
    let far = facts.back.as_ref().and_then(|b| b.side.cdr.as_ref());
    match (cdr.ended_by, far) {
        (EndedBy::Us, Some(far)) if far.ended_by == EndedBy::Caller => {
            Item::pass(ITEM, "ours reached the other end, and the other end's reached us")
        }
        (EndedBy::Us, Some(far)) => Item::fail(
            ITEM,
            format!("we hung up, and the other end did not hear of it ({})", far.cause),
            "ask the carrier why BYE does not go through: calls would stay up, and be billed",
        ),
        (EndedBy::Us, None) => Item::pass(ITEM, "we hung up"),
        (EndedBy::Caller, _) => Item::pass(ITEM, "the other end hung up, and we heard of it"),
        (EndedBy::Target | EndedBy::Trunk | EndedBy::Timeout | EndedBy::NodeLost, _) => Item::fail(
            ITEM,
            format!("the call was lost: {}", cdr.cause),
            "look at the way of signalling and of media between us and the carrier",
        ),
    }
}

fn calls_per_second(facts: &Facts) -> Item {
    const ITEM: &str = "calls_per_second";
    let Some(last) = facts.steps.last() else {
        let to_do = "--rate 10 calls the number 1, 2, 5 and 10 times a second, each for one second; ask the carrier first";
        return Item::skipped(ITEM, "not tried", to_do);
    };
    let set = facts.trunk.max_cps;
    if last.refusal.is_none() && last.taken < last.rate {
        let found = format!(
            "of {} calls in one second {} were taken in time",
            last.rate, last.taken
        );
        return Item::warn(
            ITEM,
            found,
            "ask the carrier for its calls a second and its channels",
        );
    }
    let Some(refusal) = last.refusal else {
        return Item::pass(ITEM, format!("{} calls a second were taken", last.rate));
    };
    let held = facts.steps.iter().rev().nth(1).map_or(0, |step| step.rate);
    let said = refusal.map_or("silence".to_owned(), |status| status.to_string());
    let found = format!(
        "{held} a second were taken; at {} a second it answered {said}",
        last.rate
    );
    if set > 0 && set <= held {
        Item::pass(ITEM, format!("{found}; max_cps is {set}"))
    } else {
        Item::warn(
            ITEM,
            found,
            format!("set max_cps of this trunk to {} at most", held.max(1)),
        )
    }
}

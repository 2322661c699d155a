//! Who takes part in the demo. The people are made up; the numbers are of the kind that is kept for fiction.

use std::time::Duration;

use trunkline_gateway::carrier::persona::Caller;
use trunkline_gateway::carrier::voice::{CALLER_HZ, target_hz};
use trunkline_gateway::carrier::{Book, Habit};

/// An office that is called.
pub(super) struct Office {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    pub(super) habit: Habit,
    /// Status and outcome that the call to it must have.
    pub(super) ends: (&'static str, &'static str),
}

/// The campaign's own number: what telephones show when it calls.
pub(super) const CAMPAIGN_NUMBER: &str = "+12025550900";

/// How long the campaign lets an office ring.
pub(super) const RING: Duration = Duration::from_secs(3);

/// In the order in which they are called.
pub(super) const OFFICES: [Office; 3] = [
    Office {
        key: "custom:vance",
        title: "Senator",
        name: "Maria Vance",
        phone: "+12025550901",
        habit: Habit::Answers {
            ring: Duration::from_millis(800),
            talk: None,
        },
        ends: ("completed", "skipped"),
    },
    Office {
        key: "custom:okafor",
        title: "Representative",
        name: "Tom Okafor",
        phone: "+12025550902",
        habit: Habit::Busy,
        ends: ("busy", "busy"),
    },
    Office {
        key: "custom:brook",
        title: "Governor",
        name: "Lena Brook",
        phone: "+12025550903",
        habit: Habit::LetsItRing,
        ends: ("no-answer", "no_answer"),
    },
];

/// What the campaign says: short, so that the whole call is over in half a minute.
pub(super) const SCRIPT: [(&str, &str); 7] = [
    ("msg_intro", "Hello! This is the Trunkline demo."),
    ("msg_intro_confirm", "Press star to begin."),
    ("msg_call_block_intro", "We will call {{n_targets}} offices."),
    ("msg_target_intro", "{{title}} {{name}}."),
    ("msg_target_busy", "{{name}} is busy."),
    ("msg_between_calls", "Next call."),
    ("msg_final_thanks", "That was all. Thank you!"),
];

/// The number of caller `n`, counted from 0.
pub(super) fn caller(n: usize) -> String {
    format!("+1202555{:04}", 100 + n)
}

/// Everybody's telephone.
pub(super) fn book(calls: usize) -> Book {
    let mut book = Book::default();
    let supporter = Caller {
        talk: Duration::from_millis(1_500),
        // Longer than the campaign lets anybody ring: the caller waits for that to happen.
        patience: RING + Duration::from_secs(4),
        ..Caller::default()
    };
    for n in 0..calls {
        book.add(&caller(n), Habit::Caller(supporter), CALLER_HZ);
    }
    for (index, office) in (0..).zip(&OFFICES) {
        book.add(office.phone, office.habit, target_hz(index));
    }
    book
}

/// What is said, with its variables put in; the key itself when it is none of [`SCRIPT`].
pub(super) fn words(clip: &str) -> String {
    let (key, number) = clip.split_once('#').unwrap_or((clip, "1"));
    let office = number
        .parse::<usize>()
        .ok()
        .and_then(|n| OFFICES.get(n.checked_sub(1)?));
    let text = SCRIPT
        .iter()
        .find(|(k, _)| *k == key)
        .map_or(key, |(_, text)| text);
    let text = text.replace("{{n_targets}}", &OFFICES.len().to_string());
    match office {
        Some(office) => text
            .replace("{{title}}", office.title)
            .replace("{{name}}", office.name),
        None => text,
    }
}

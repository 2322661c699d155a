//! How leaf machines are tested: a transcript, one line per event with what came of it, against a clock that jumps; and
//! every sequence of events up to a length.

use std::time::{Duration, Instant};

/// A leaf machine that can be driven by words. What it wants done is told in words, too.
pub(crate) trait Machine: Sized {
    fn start(setup: &str, now: Instant) -> (Self, Vec<String>);
    /// `None` for a word it does not know.
    fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>>;
    fn deadline(&self) -> Option<Instant>;
    /// Fires the first timer that is due.
    fn fire(&mut self, now: Instant) -> Option<(String, Vec<String>)>;
}

/// What it wanted done, in the words of `Debug`.
pub(crate) fn words<A: std::fmt::Debug>(actions: Vec<A>) -> Vec<String> {
    actions.iter().map(|a| format!("{a:?}")).collect()
}

struct Run<M> {
    machine: M,
    now: Instant,
    said: Vec<String>,
    line: usize,
}

impl<M: Machine> Run<M> {
    #[expect(
        clippy::disallowed_methods,
        reason = "only differences to this instant matter"
    )]
    fn new(setup: &str) -> Run<M> {
        let now = Instant::now();
        let (machine, said) = M::start(setup, now);
        Run {
            machine,
            now,
            said,
            line: 0,
        }
    }

    fn say(&mut self, word: &str) {
        let actions = self
            .machine
            .say(word, self.now)
            .unwrap_or_else(|| panic!("no such word: {word}"));
        self.said.extend(actions);
    }

    /// Lets `pause` pass, timer by timer.
    fn wait(&mut self, pause: Duration) {
        let until = self.now + pause;
        while let Some(at) = self.machine.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            let (name, actions) = self.machine.fire(self.now).expect("due at its own deadline");
            self.said.push(name);
            self.said.extend(actions);
        }
        self.now = until;
    }

    fn event(&mut self, event: &str) {
        match duration(event) {
            Some(pause) => self.wait(pause),
            None if event == "start" => {}
            None => self.say(event),
        }
    }

    /// What has come of things since the last call.
    fn outcome(&mut self) -> String {
        let outcome = self.said[self.line..].join("; ");
        self.line = self.said.len();
        outcome
    }
}

fn duration(word: &str) -> Option<Duration> {
    let word = word.strip_prefix('+')?;
    match word.strip_suffix("ms") {
        Some(ms) => ms.parse().ok().map(Duration::from_millis),
        None => word.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

/// Plays `transcript` and compares. A line is `event => what came of it`; an event is `start`, a pause (`+500ms`, `+32s`)
/// or a word of the machine.
pub(crate) fn check<M: Machine>(setup: &str, transcript: &str) {
    let mut run = Run::<M>::new(setup);
    let (mut expected, mut found) = (String::new(), String::new());
    for line in transcript.lines().map(str::trim) {
        let (event, outcome) = line.split_once("=>").expect("event => outcome");
        let event = event.trim();
        run.event(event);
        expected += &format!("{event} => {}\n", outcome.trim());
        found += &format!("{event} => {}\n", run.outcome());
    }
    assert_eq!(found, expected, "\nfound:\n{found}\nexpected:\n{expected}");
}

/// Plays every sequence of `length` words and pauses, then waits long. No timer may be left, and what was wanted done must be
/// bounded. `judge` gets it all, in order, with the events as `[event]`.
pub(crate) fn exhaust<M: Machine>(setups: &[&str], words: &[&str], length: u32, judge: impl Fn(&[String])) {
    let mut alphabet: Vec<&str> = words.to_vec();
    alphabet.extend(["+500ms", "+5s", "+32s"]);
    let base = alphabet.len();
    for setup in setups {
        for mut number in 0..base.pow(length) {
            let mut run = Run::<M>::new(setup);
            for _ in 0..length {
                let word = alphabet[number % base];
                number /= base;
                run.said.push(format!("[{word}]"));
                run.event(word);
            }
            run.said.push("[quiet]".into());
            run.wait(Duration::from_secs(4000));
            let transcript = || run.said.join("\n");
            assert!(run.said.len() < 200, "a storm:\n{}", transcript());
            assert_eq!(
                run.machine.deadline(),
                None,
                "a timer that never ends:\n{}",
                transcript()
            );
            judge(&run.said);
        }
    }
}

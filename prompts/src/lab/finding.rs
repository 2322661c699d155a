//! What is wrong with a recording, in words that say what to do about it.

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use super::{MAX_GAIN_DB, Report, TARGET_LUFS};

/// Above this much clipping is heard, and above that it hurts; in percent of samples.
const CLIPPED_PERCENT: (f64, f64) = (0.01, 0.5);
/// Speech less than this above its noise, in dB, tires; less than that can hardly be understood.
const ABOVE_NOISE_DB: (f64, f64) = (25.0, 12.0);
/// Frames of a tone or of music are all as loud; noise is only what lies well below them, in dB.
const STEADY_DB: f64 = 3.0;
/// An offset that takes room from the sound, in percent of full scale.
const DC_PERCENT: f64 = 1.0;
/// This much quieter than wished, in LU, after all that was done.
const TOO_QUIET_LU: f64 = 3.0;

/// All in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RecordingVerdict)]
pub enum Verdict {
    /// Nothing was found.
    Good,
    /// It can be used; better would be better.
    Usable,
    /// Record it again.
    Poor,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RecordingFindingKind)]
pub enum FindingKind {
    /// Nothing is to be heard.
    Silence,
    /// Samples were cut off at full scale.
    Clipping,
    /// Noise behind the speech.
    Noise,
    /// A constant offset, which was taken out.
    Dc,
    /// Quieter than other prompts, also after it was made louder.
    Quiet,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RecordingFinding)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// How bad that is.
    pub verdict: Verdict,
    /// For people: what is wrong, with its figure, and what to do.
    pub text: String,
}

impl Verdict {
    /// The worst of them.
    pub(super) fn of(findings: &[Finding]) -> Verdict {
        let has = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
        match (has(Verdict::Poor), has(Verdict::Usable)) {
            (true, _) => Verdict::Poor,
            (false, true) => Verdict::Usable,
            (false, false) => Verdict::Good,
        }
    }
}

/// Worst first.
pub(super) fn of(report: &Report, shape: &Shape) -> Vec<Finding> {
    if shape.silent {
        return vec![finding(
            FindingKind::Silence,
            Verdict::Poor,
            "nothing is to be heard in it: check the microphone and record it again, unless silence is what you want".to_owned(),
        )];
    }
    let found = [
        clipping(report),
        noise(report, shape),
        offset(report),
        quiet(report),
    ];
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    findings.sort_by_key(|finding| finding.verdict != Verdict::Poor);
    findings
}

fn clipping(report: &Report) -> Option<Finding> {
    let percent = report.clipped_percent;
    let verdict = worse(percent, CLIPPED_PERCENT)?;
    let text = format!(
        "{percent} % of it is clipped and sounds harsh: record it again with the microphone turned down"
    );
    Some(finding(FindingKind::Clipping, verdict, text))
}

fn noise(report: &Report, shape: &Shape) -> Option<Finding> {
    let noise = report.noise_db?;
    let above = 20.0 * shape.speech.log10() - noise;
    if above < STEADY_DB {
        return None;
    }
    let (usable, poor) = ABOVE_NOISE_DB;
    let verdict = worse(-above, (-usable, -poor))?;
    let text = format!(
        "the speech is only {above:.0} dB above the noise behind it: record it in a quiet room, close to the microphone"
    );
    Some(finding(FindingKind::Noise, verdict, text))
}

fn offset(report: &Report) -> Option<Finding> {
    let percent = report.dc_percent;
    (percent.abs() >= DC_PERCENT).then(|| {
        let text = format!(
            "it had a constant offset (DC) of {percent} %, which was taken out: the sound card or its cable is at fault"
        );
        finding(FindingKind::Dc, Verdict::Usable, text)
    })
}

fn quiet(report: &Report) -> Option<Finding> {
    let below = TARGET_LUFS - report.loudness_out_lufs?;
    (below >= TOO_QUIET_LU).then(|| {
        let text = if report.gain_db >= MAX_GAIN_DB {
            format!("it is very quiet, and still {below:.0} dB quieter than other prompts when made {MAX_GAIN_DB:.0} dB louder: record it closer to the microphone")
        } else {
            format!("it is {below:.0} dB quieter than other prompts, because a few loud peaks leave no room: cut out knocks and pops")
        };
        finding(FindingKind::Quiet, Verdict::Usable, text)
    })
}

fn worse(value: f64, (usable, poor): (f64, f64)) -> Option<Verdict> {
    if value >= poor {
        Some(Verdict::Poor)
    } else {
        (value >= usable).then_some(Verdict::Usable)
    }
}

fn finding(kind: FindingKind, verdict: Verdict, text: String) -> Finding {
    Finding { kind, verdict, text }
}

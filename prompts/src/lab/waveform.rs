//! The waveform: the loudest sample of each of many equal parts, and a picture of it.

use std::fmt::Write as _;

/// Parts that a sound is divided into.
const COLUMNS: usize = 200;
/// Height of the picture, in its own units.
const HEIGHT: usize = 64;

/// The loudest sample of each part, 0 to 255.
pub fn waveform(samples: &[i16]) -> Vec<u8> {
    let part = samples.len().div_ceil(COLUMNS).max(1);
    let loudest = |part: &[i16]| part.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    samples
        .chunks(part)
        .map(|part| (loudest(part) >> 7).min(255) as u8)
        .collect()
}

/// An SVG picture of a waveform, in the colour of the text around it.
pub fn picture(waveform: &[u8]) -> String {
    let mut path = String::new();
    for (at, loudest) in waveform.iter().enumerate() {
        let half = (usize::from(*loudest) * (HEIGHT / 2)).div_ceil(255).max(1);
        // Writing to a string does not fail.
        let _ = write!(path, "M{at}.5 {}V{}", HEIGHT / 2 - half, HEIGHT / 2 + half);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {COLUMNS} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Waveform\"><path d=\"{path}\" stroke=\"currentColor\" fill=\"none\"/></svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loud_half_and_a_quiet_one() {
        let mut samples = vec![32_767_i16; 1_000];
        samples.extend([0; 1_000]);
        let waves = waveform(&samples);
        assert_eq!(waves.len(), COLUMNS);
        assert_eq!((waves[0], waves[99], waves[100]), (255, 255, 0));
        let picture = picture(&waves);
        assert!(
            picture.contains("M0.5 0V64") && picture.contains("M199.5 31V33"),
            "{picture}"
        );
        assert!(waveform(&[]).is_empty());
        assert_eq!(waveform(&[i16::MIN; 3]), [255; 3]);
    }
}

//! Pictures of figures, as SVG set by hand: calls over time, and bars. Each has its figures as text as well.

use maud::{Markup, html};

use super::say::Say;

/// Size of a chart in its own units.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 180;
/// Below the bars, for times.
const FOOT: i64 = 20;
/// Above them, for the highest figure.
const HEAD: i64 = 16;

/// One bar: what was reached, and the rest.
pub(crate) struct Bar {
    /// Below it, where there is room.
    pub(crate) label: String,
    /// Calls that were completed.
    pub(crate) done: i64,
    /// Every other.
    pub(crate) rest: i64,
}

/// Calls over time, completed ones below.
pub(crate) fn over_time(say: Say, title: &str, bars: &[Bar]) -> Markup {
    let most = bars
        .iter()
        .map(|bar| bar.done + bar.rest)
        .max()
        .unwrap_or(0)
        .max(1);
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let room = HEIGHT - FOOT - HEAD;
    let width = |n: i64| WIDTH * n / count;
    let every = (count / 8).max(1);
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
            line.grid x1="0" x2=(WIDTH) y1=(HEIGHT - FOOT) y2=(HEIGHT - FOOT) {}
            line.grid x1="0" x2=(WIDTH) y1=(HEAD) y2=(HEAD) {}
            text x="2" y=(HEAD - 4) { (say.number(most)) }
            @for (n, bar) in (0..).zip(bars) {
                @let (left, wide) = (width(n), (width(n + 1) - width(n) - 1).clamp(1, 60));
                @let (done, rest) = (room * bar.done / most, room * bar.rest / most);
                rect.done x=(left) y=(HEIGHT - FOOT - done) width=(wide) height=(done) {
                    title { (bar.label) ": " (say.number(bar.done)) }
                }
                rect.rest x=(left) y=(HEIGHT - FOOT - done - rest) width=(wide) height=(rest) {}
                @if n % every == 0 { text x=(left) y=(HEIGHT - 5) { (bar.label) } }
            }
        }
    }
}

/// Bars beside their names and figures.
pub(crate) fn bars(say: Say, rows: &[(String, i64)]) -> Markup {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    html! {
        ul.bars {
            @for (name, count) in rows {
                li {
                    span { (name) }
                    svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                        rect width=(1_000 * count / most) height="10" {}
                    }
                    span.number { (say.number(*count)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_room() {
        let bars = [(3, 1), (0, 0), (1, 1)].map(|(done, rest)| Bar {
            label: String::new(),
            done,
            rest,
        });
        let svg = over_time(Say::English, "calls", &bars).into_string();
        let heights: Vec<&str> = svg
            .split("height=\"")
            .skip(1)
            .map(|s| s.split('"').next().unwrap())
            .collect();
        assert_eq!(heights, ["108", "36", "0", "0", "36", "36"], "{svg}");
    }
}

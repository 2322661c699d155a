//! GET /campaigns/{id}: how it goes, and what is to be done before it can.

use axum::extract::{OriginalUri, Path, State};
use jiff::Timestamp;
use maud::{Markup, html};

use super::super::Answer;
use super::super::chart::{self, Bar};
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::layout::{Live, Page, Section};
use super::super::parts;
use super::super::say::Say;
use super::figures::{Finding, OfReferral, OfTarget, OfTime, Rows, Step, Summary};
use super::{Campaign, Tab, path};
use crate::http::local::Refused;
use crate::runtime::App;

/// Bars of the chart, and lines of a table here; the CSV has all.
const BARS: i64 = 48;
const LINES: usize = 20;

/// Everything that the page shows.
struct Shown {
    campaign: Campaign,
    summary: Summary,
    steps: Rows<Step>,
    times: Rows<OfTime>,
    targets: Rows<OfTarget>,
    referrals: Rows<OfReferral>,
    findings: Rows<Finding>,
    every: &'static str,
}

pub(super) async fn overview(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let query = Filled::parse(uri.query().unwrap_or_default().as_bytes());
    let shown = read(&visitor, &id, &query, app.clock().now_ms()).await?;
    let (say, campaign) = (visitor.say, &shown.campaign);
    let body = html! {
        (parts::done(say, Some(query.text("done"))))
        @if query.has("fault") { p.fault role="alert" { (query.text("fault")) } }
        (campaign.tabs(say, Tab::Overview))
        (deeds(&visitor, campaign))
        (findings(say, &shown))
        div #figures data-live { (figures(say, &shown.summary)) }
        @if visitor.may_campaign() { (try_it(say, campaign, &query)) }
        h2 { (say.t("Calls over time")) }
        (spans(say, campaign, shown.every))
        div.card #times data-live { (times(say, &shown)) }
        div.cards {
            section.card #funnel data-live { (funnel(say, &shown.steps.items)) }
            section.card #outcomes data-live { (outcomes(say, &shown.summary)) }
        }
        section #targets data-live { (targets(say, &shown)) }
        section #referrals data-live { (referrals(say, &shown)) }
    };
    let page = Page::new(Section::Campaigns, campaign.name.clone(), body);
    Ok(page.live(Live::Calls { every: 0 }).show(&visitor))
}

async fn read(visitor: &Visitor, id: &str, query: &Filled, now_ms: i64) -> Result<Shown, Refused> {
    let api = &visitor.api;
    let every = match query.text("every") {
        "minute" => "minute",
        "day" => "day",
        _ => "hour",
    };
    Ok(Shown {
        campaign: Campaign::get(visitor, id).await?,
        summary: api.get(&path(id, "/stats")).await?,
        steps: api.get(&path(id, "/stats/steps")).await?,
        times: api.get(&path(id, &times_of(every, now_ms))).await?,
        targets: api.get(&path(id, "/stats/targets")).await?,
        referrals: api.get(&path(id, "/stats/refs")).await?,
        findings: api.get(&path(id, "/lint")).await?,
        every,
    })
}

/// The last so many minutes, hours or days that the chart has room for.
fn times_of(every: &str, now_ms: i64) -> String {
    let ms = match every {
        "minute" => 60_000,
        "day" => 86_400_000,
        _ => 3_600_000,
    };
    let since = Timestamp::from_millisecond(now_ms - ms * BARS).unwrap_or_default();
    format!("/stats/times?every={every}&since={since}")
}

fn deeds(visitor: &Visitor, campaign: &Campaign) -> Markup {
    let say = visitor.say;
    let deed = |word: &str, label: &str, class: &str| {
        html! {
            form.inline method="post" action={ "/campaigns/" (campaign.id) "/deeds" } {
                input type="hidden" name="deed" value=(word);
                button.(class) type="submit" { (label) }
            }
        }
    };
    let question = say.t("An archived campaign stays so: callers hear that it is over. Archive it?");
    html! {
        div.row #deeds data-live {
            (parts::badge(say, &campaign.status))
            @if visitor.may_campaign() {
                @if campaign.status == "paused" { (deed("launch", &say.t("Launch"), "main")) }
                @if campaign.status == "live" { (deed("pause", &say.t("Pause"), "plain")) }
                (deed("copy", &say.t("Copy"), "plain"))
                @if campaign.status != "archived" {
                    form.inline method="post" action={ "/campaigns/" (campaign.id) "/deeds" } data-ask=(question) {
                        input type="hidden" name="deed" value="archive";
                        button.danger type="submit" { (say.t("Archive")) }
                    }
                }
            }
        }
    }
}

fn findings(say: Say, shown: &Shown) -> Markup {
    html! {
        @if !shown.findings.items.is_empty() {
            section.card #findings {
                h2 { (say.t("Before you launch")) }
                ul {
                    @for finding in shown.findings.items.iter().take(LINES) {
                        li { (parts::badge(say, &finding.severity)) " " code { (finding.key) } ": " (finding.what) ": " (finding.todo) }
                    }
                }
            }
        }
    }
}

fn figures(say: Say, summary: &Summary) -> Markup {
    let Summary { sessions, calls } = summary;
    html! {
        dl.figures {
            (parts::figure(&say.t("Callers now"), say.number(sessions.under_way())))
            (parts::figure(&say.t("Callers"), say.number(sessions.started)))
            (parts::figure(&say.t("Answered us"), say.number(sessions.answered)))
            (parts::figure(&say.t("Reached somebody"), say.number(sessions.with_completed_call)))
            (parts::figure(&say.t("Calls"), say.number(calls.ended)))
            (parts::figure(&say.t("Completed"), say.number(calls.completed)))
            (parts::figure(&say.t("Calls a caller"), format!("{:.2}", calls.per_session_mean)))
            (parts::figure(&say.t("Talked"), parts::duration(calls.talk_ms)))
            (parts::figure(&say.t("Wait for a line"), parts::duration(sessions.wait_ms.unwrap_or(0))))
        }
    }
}

fn try_it(say: Say, campaign: &Campaign, query: &Filled) -> Markup {
    let (phone, place) = (say.t("My phone"), say.t("My ZIP or postal code"));
    html! {
        details.card {
            summary { (say.t("Test call to my phone")) }
            form.filters method="post" action={ "/campaigns/" (campaign.id) "/deeds" } {
                input type="hidden" name="deed" value="call";
                (Field::new("phone", phone).kind("tel").required().autocomplete("tel").input(query))
                @if campaign.is_located() {
                    (Field::new("location", place).autocomplete("postal-code").input(query))
                }
                button type="submit" disabled[campaign.status != "live"] { (say.t("Call me")) }
            }
            @if campaign.status != "live" { p.hint { (say.t("Launch the campaign first: nobody is called before.")) } }
        }
    }
}

fn spans(say: Say, campaign: &Campaign, every: &str) -> Markup {
    html! {
        p.row {
            @for (word, name) in [("minute", say.t("By minute")), ("hour", say.t("By hour")), ("day", say.t("By day"))] {
                a href={ "/campaigns/" (campaign.id) "?every=" (word) } aria-current=[(word == every).then_some("true")] { (name) }
            }
            a href=(csv(campaign, "times")) { "CSV" }
        }
    }
}

/// A table of the API as a file.
fn csv(campaign: &Campaign, table: &str) -> String {
    path(&campaign.id, &format!("/stats/{table}.csv"))
}

fn times(say: Say, shown: &Shown) -> Markup {
    let times = &shown.times.items;
    // `2026-11-21T14:05:00Z`: the day, or the time of day.
    let label = |at: &str| {
        let range = if shown.every == "day" { 5..10 } else { 11..16 };
        at.get(range).unwrap_or(at).to_owned()
    };
    let bars: Vec<Bar> = times
        .iter()
        .map(|time| Bar {
            label: label(&time.at),
            done: time.completed,
            rest: time.calls - time.completed,
        })
        .collect();
    let (done, rest) = bars
        .iter()
        .fold((0, 0), |(d, r), bar| (d + bar.done, r + bar.rest));
    let title = say.with(
        "{done} completed calls and {rest} others (UTC)",
        &[("done", &say.number(done)), ("rest", &say.number(rest))],
    );
    html! {
        (chart::over_time(say, &title, &bars))
        p.hint { (title) }
    }
}

fn funnel(say: Say, steps: &[Step]) -> Markup {
    let rows: Vec<(String, i64)> = steps
        .iter()
        .map(|step| (step_name(say, &step.step), step.reached))
        .collect();
    html! {
        h2 { (say.t("How far callers come")) }
        (chart::bars(say, &rows))
        details {
            summary { (say.t("In figures")) }
            table {
                thead { tr { th { (say.t("Step")) } th.number { (say.t("came here")) } th.number { (say.t("are here")) } th.number { (say.t("ended here")) } } }
                tbody {
                    @for step in steps {
                        tr {
                            td { (step_name(say, &step.step)) } td.number { (say.number(step.reached)) }
                            td.number { (say.number(step.under_way)) } td.number { (say.number(step.ended)) }
                        }
                    }
                }
            }
        }
    }
}

/// A step of the flow in words: `talking 2`.
pub(in crate::console) fn step_name(say: Say, step: &str) -> String {
    let (word, number) = step.split_once(' ').unwrap_or((step, ""));
    let word = if word.is_empty() { "queue" } else { word };
    format!("{} {number}", say.word(word)).trim_end().to_owned()
}

fn outcomes(say: Say, summary: &Summary) -> Markup {
    let rows: Vec<(String, i64)> = summary
        .calls
        .by_outcome
        .iter()
        .map(|(outcome, calls)| {
            let word = if outcome.is_empty() { "unknown" } else { outcome };
            (say.word(word).into_owned(), *calls)
        })
        .collect();
    html! {
        h2 { (say.t("How calls ended")) }
        (chart::bars(say, &rows))
    }
}

fn targets(say: Say, shown: &Shown) -> Markup {
    let mut rows: Vec<&OfTarget> = shown.targets.items.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.calls));
    html! {
        h2 { (say.t("Calls by person called")) }
        p.row { span.hint { (say.with("{n} people", &[("n", &say.number(i64::try_from(rows.len()).unwrap_or(0)))])) }
            a href=(csv(&shown.campaign, "targets")) { "CSV" } }
        div.wide role="group" tabindex="0" aria-label=(say.t("Calls by person called")) { table {
            thead { tr {
                th { (say.t("Person")) } th { (say.t("District")) } th.number { (say.t("Calls")) } th.number { (say.t("Completed")) }
                th.number { (say.word("talked")) } th.number { (say.word("busy")) } th.number { (say.word("no_answer")) }
            } }
            tbody {
                @for row in rows.iter().take(LINES) {
                    tr {
                        td { @if row.name.is_empty() { (row.key) } @else { (row.title) " " (row.name) } }
                        td { (row.district) } td.number { (say.number(row.calls)) } td.number { (say.number(row.completed)) }
                        @for count in [row.talked, row.busy, row.no_answer] { td.number { (say.number(count)) } }
                    }
                }
            }
        } }
    }
}

fn referrals(say: Say, shown: &Shown) -> Markup {
    html! {
        @if !shown.referrals.items.is_empty() {
            h2 { (say.t("Where callers came from")) }
            p { a href=(csv(&shown.campaign, "refs")) { "CSV" } }
            div.wide role="group" tabindex="0" aria-label=(say.t("Where callers came from")) { table {
                thead { tr { th { (say.t("Referral")) } th.number { (say.t("Callers")) } th.number { (say.t("Completed")) } } }
                tbody {
                    @for row in shown.referrals.items.iter().take(LINES) {
                        tr {
                            td { @if row.reference.is_empty() { "–" } @else { (row.reference) } }
                            td.number { (say.number(row.sessions)) } td.number { (say.number(row.completed)) }
                        }
                    }
                }
            } }
        }
    }
}

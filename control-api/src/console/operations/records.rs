//! GET /operations/records: call detail records by what is wrong with them, and all that are found as CSV.

use axum::extract::OriginalUri;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::Answer;
use super::super::api::List;
use super::super::door::Visitor;
use super::super::forms::{Field, Filled};
use super::super::parts;
use super::super::say::Say;
use super::{
    LIMIT, Names, Tab, more, name_of, names, nothing, options, page, passed_on, query_of, tenth, words,
};

/// What the API narrows the list to.
const FILTERS: [&str; 9] = [
    "trunk",
    "side",
    "direction",
    "sip_status",
    "cause",
    "ended_by",
    "one_way",
    "since",
    "until",
];

/// One leg.
#[derive(Deserialize)]
struct Record {
    session_id: String,
    side: String,
    direction: String,
    trunk: String,
    created_at: String,
    billable_ms: i64,
    pdd_ms: Option<i64>,
    sip_status: Option<u16>,
    cause: String,
    ended_by: String,
    codec: Option<String>,
    rtp_lost: u64,
    mos: Option<f64>,
    one_way: bool,
}

pub(super) async fn search(visitor: Visitor, uri: OriginalUri) -> Answer {
    let say = visitor.say;
    let query = in_days(query_of(&uri));
    let filters = passed_on(&query, &FILTERS);
    let cursor = passed_on(&query, &["cursor"]);
    let trunks = names(&visitor, "trunks").await?;
    let found = visitor
        .api
        .get::<List<Record>>(&format!("/v1/cdrs?limit={LIMIT}{filters}{cursor}"))
        .await;
    // A filter that the API refuses is told above the form.
    let (records, fault) = match found {
        Ok(records) => (records, None),
        Err(refused) if refused.status.is_client_error() => {
            let none = List {
                items: Vec::new(),
                next: None,
            };
            (none, Some(refused.detail))
        }
        Err(refused) => return Err(refused),
    };
    let csv = format!("/v1/cdrs.csv?{}", filters.trim_start_matches('&'));
    let body = html! {
        @if let Some(fault) = fault { p.fault role="alert" { (fault) } }
        (form(say, &query, &trunks))
        p { a href=(csv) download="cdrs.csv" { (say.t("All of these as CSV")) } }
        div.wide role="group" tabindex="0" aria-label=(say.t("Records")) { table {
            thead { tr {
                th { (say.t("When")) } th { (say.t("Leg")) } th { (say.t("Trunk")) } th { "SIP" } th { (say.t("Cause")) }
                th { (say.t("Ended by")) } th.number { (say.t("Until it rang")) } th.number { (say.t("Talked")) } th { "Codec" }
                th.number { (say.t("Lost packets")) } th.number { "MOS" } th { (say.t("One way")) }
            } }
            tbody {
                @for record in &records.items { (row(say, record, &trunks)) }
                @if records.items.is_empty() { (nothing(say, 12)) }
            }
        } }
        (more(say, "/operations/records", &filters, records.next.as_deref()))
    };
    Ok(page(&visitor, Tab::Records, say.t("Records"), &body).show(&visitor))
}

/// Forms have days; the API wants times of UTC.
fn in_days(mut query: Filled) -> Filled {
    for (name, time) in [("since", "T00:00:00Z"), ("until", "T23:59:59Z")] {
        let day = query.text(name).to_owned();
        if day.len() == 10 {
            query = query.set(name, format!("{day}{time}"));
        }
    }
    query
}

fn form(say: Say, query: &Filled, trunks: &Names) -> Markup {
    let any = || say.t("All").into_owned();
    let choice = |all: &[&str]| {
        let mut choice = vec![(String::new(), any())];
        choice.extend(words(say, all));
        choice
    };
    // A day field shows no time.
    let mut days = query.clone();
    for name in ["since", "until"] {
        days = days.set(name, query.text(name).get(..10).unwrap_or_default());
    }
    let one_way = [
        (String::new(), any()),
        ("true".to_owned(), say.t("One way only").into_owned()),
        ("false".to_owned(), say.t("Without these").into_owned()),
    ];
    let ended_by = ["caller", "target", "us", "trunk", "timeout", "node_lost"];
    html! {
        form.filters method="get" action="/operations/records" {
            (Field::new("trunk", say.t("Trunk")).select(query, &options(&any(), trunks)))
            (Field::new("side", say.t("Leg")).select(query, &choice(&["caller", "target"])))
            (Field::new("direction", say.t("Direction")).select(query, &choice(&["outbound", "inbound"])))
            (Field::new("sip_status", say.t("SIP status")).kind("number").input(query))
            (Field::new("cause", say.t("Cause")).input(query))
            (Field::new("ended_by", say.t("Ended by")).select(query, &choice(&ended_by)))
            (Field::new("one_way", say.t("One way")).select(query, &one_way))
            (Field::new("since", say.t("From day (UTC)")).kind("date").input(&days))
            (Field::new("until", say.t("To day (UTC)")).kind("date").input(&days))
            button type="submit" { (say.t("Show")) }
        }
    }
}

fn row(say: Say, record: &Record, trunks: &Names) -> Markup {
    html! {
        tr {
            td { a href={ "/sessions/" (record.session_id) "#ladder" } { (parts::time(&record.created_at)) } }
            td { (say.word(&record.side)) " " span.faint { (say.word(&record.direction)) } }
            td { (name_of(trunks, &record.trunk)) }
            td { @match record.sip_status { Some(status) => (status), None => "–" } }
            td { (record.cause) }
            td { (say.word(&record.ended_by)) }
            td.number { @match record.pdd_ms { Some(ms) => { (say.number(ms)) " ms" }, None => "–" } }
            td.number { (parts::duration(record.billable_ms)) }
            td { (record.codec.as_deref().unwrap_or("–")) }
            td.number { (record.rtp_lost) }
            td.number { (tenth(record.mos)) }
            td { @if record.one_way { span.badge.bad { (say.t("One way")) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_all_of_it() {
        let query = in_days(Filled::parse(b"since=2026-11-20&until=2026-11-20&cause=x"));
        assert_eq!(
            passed_on(&query, &FILTERS),
            "&cause=x&since=2026-11-20T00%3A00%3A00Z&until=2026-11-20T23%3A59%3A59Z"
        );
    }
}

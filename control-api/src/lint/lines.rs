//! How a campaign calls: our numbers of its callers' countries, trunks that are on, routes that take the numbers.

use std::collections::BTreeSet;

use trunkline_gateway::ids::CampaignId;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::country;
use trunkline_gateway::trunk::select::{Call, route_for};
use trunkline_gateway::trunk::snapshot::{Route, Snapshot};

use super::{Finding, Loaded, error, warning};
use crate::guards::country::canonical;
use crate::runtime::snapshot;

pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    of_numbers(loaded, findings);
    of_routes(loaded, findings);
    super::routes::look(loaded, findings);
}

/// Countries whose callers may be called.
fn countries(loaded: &Loaded) -> Vec<String> {
    let campaign = &loaded.campaign;
    match campaign.settings.allowed_countries.as_slice() {
        [] => vec![canonical(&campaign.country)],
        allowed => allowed.iter().map(|country| canonical(country)).collect(),
    }
}

fn of_numbers(loaded: &Loaded, findings: &mut Vec<Finding>) {
    if loaded.numbers.is_empty() {
        findings.push(error(
            "no-number",
            "numbers",
            "there is no number of ours to call from",
            "add a number of a trunk",
        ));
        return;
    }
    if !loaded.campaign.settings.allow_intl_calls {
        for country in countries(loaded) {
            if !loaded.numbers.iter().any(|n| is_of(&n.e164, &country)) {
                findings.push(error(
                    "no-number",
                    &country,
                    format!(
                        "there is no number of ours for callers of country {country}, and they are refused"
                    ),
                    "add one, or set allow_intl_calls",
                ));
            }
        }
    }
    for number in &loaded.numbers {
        let trunk = loaded.trunks.iter().find(|t| t.id == number.trunk_id);
        if let Some(trunk) = trunk.filter(|trunk| !trunk.enabled) {
            findings.push(warning(
                "trunk-off",
                &number.e164,
                format!("it belongs to trunk {:?}, which is not enabled", trunk.name),
                "enable the trunk, or give the number to another one",
            ));
        }
    }
}

fn is_of(e164: &str, country: &str) -> bool {
    Phone::new(e164).is_ok_and(|number| country::is_of(&number, &[country.to_owned()]))
}

fn of_routes(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let routes: Vec<Route> = loaded
        .routes
        .iter()
        .filter_map(|row| snapshot::route(row.clone()).ok())
        .collect();
    let lines = Snapshot {
        routes,
        ..Snapshot::default()
    };
    let campaign = loaded.campaign.id.parse().ok().map(CampaignId);
    let mut told = BTreeSet::new();
    let mut look = |number: &str, of: &str| {
        let Some(finding) = of_number(loaded, &lines, campaign, number, of) else {
            return;
        };
        // Twenty targets behind one wrong route are one mistake.
        if told.insert((finding.code, finding.key.clone())) {
            findings.push(finding);
        }
    };
    for country in countries(loaded) {
        if let Some(number) = country::example(&country) {
            look(number.as_str(), &format!("callers of country {country}"));
        }
    }
    for (target, offices) in &loaded.targets {
        let phones = target
            .phone
            .iter()
            .chain(offices.iter().filter_map(|o| o.phone.as_ref()));
        for phone in phones {
            look(phone, &target.key);
        }
    }
}

fn of_number(
    loaded: &Loaded,
    lines: &Snapshot,
    campaign: Option<CampaignId>,
    number: &str,
    of: &str,
) -> Option<Finding> {
    let phone = Phone::new(number).ok()?;
    let any_time = Call {
        number: &phone,
        campaign,
        at: None,
    };
    let Some((route, prefix)) = route_for(lines, any_time) else {
        return Some(error(
            "no-route",
            of,
            "no route takes the number: it can never be called",
            "add a route with its prefix, or with \"+\" for every number",
        ));
    };
    let on = |id: String| loaded.trunks.iter().any(|trunk| trunk.id == id && trunk.enabled);
    let any = route.trunks.iter().any(|t| on(t.trunk.0.to_string()));
    (!any).then(|| {
        error(
            "no-trunk",
            format!("route {}", route.name),
            format!("it takes {of} by its prefix {prefix}, and none of its trunks is enabled"),
            "enable one, or add another trunk to the route",
        )
    })
}

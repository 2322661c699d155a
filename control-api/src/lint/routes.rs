//! Routes that can never take a call, whatever the number and the hour: hidden by an older one, or for countries that their prefixes are
//! not of.

use trunkline_gateway::trunk::country::calling_code;

use super::{Finding, Loaded, warning};
use crate::store::routes::Route;

/// Looks at the routes that calls of this campaign may take.
pub(super) fn look(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let own = |route: &&Route| {
        route
            .campaign_id
            .as_ref()
            .is_none_or(|id| *id == loaded.campaign.id)
    };
    for (n, route) in loaded.routes.iter().enumerate().filter(|(_, route)| own(route)) {
        if let Some(older) = loaded.routes.iter().take(n).find(|older| hides(older, route)) {
            findings.push(warning(
                "route-hidden",
                format!("route {}", route.name),
                format!(
                    "it never decides: route {} has the same prefixes and comes first",
                    older.name
                ),
                "delete one of them, or give them different prefixes, countries or windows",
            ));
        } else if !of_its_countries(route) {
            findings.push(warning(
                "route-never",
                format!("route {}", route.name),
                "it never decides: no number with its prefixes is of its countries",
                "correct its prefixes or its countries",
            ));
        }
    }
}

/// Whatever the later one takes, the older one takes as well, and goes first: routes with conditions go before those without.
fn hides(older: &Route, later: &Route) -> bool {
    older.conditions == later.conditions
        && older.campaign_id == later.campaign_id
        && later
            .prefixes
            .iter()
            .all(|prefix| older.prefixes.contains(prefix))
}

/// Some number begins with one of the prefixes and with the calling code of one of the countries.
fn of_its_countries(route: &Route) -> bool {
    let countries = &route.conditions.countries;
    let fits = |prefix: &String, country: &String| {
        let code = calling_code(country).map(|code| format!("+{code}"));
        code.is_some_and(|code| code.starts_with(prefix.as_str()) || prefix.starts_with(&code))
    };
    countries.is_empty()
        || route
            .prefixes
            .iter()
            .any(|p| countries.iter().any(|c| fits(p, c)))
}

//! Things as their POST and PUT take them, for `apply` and `export`: read and checked by the same code as a request, with every default put
//! in; and the same of what is in the database. What a check must ask the database for comes when the thing is written.

use serde_json::Value;

use super::campaigns::CampaignInput;
pub(crate) use super::campaigns::is_language;
use super::extract::body::{object, read};
use super::numbers::NumberInput;
use super::problem::Problem;
use super::routes::RouteInput;
use super::targets::TargetInput;
use super::trunks::TrunkInput;
use crate::store;

/// A field that a check refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// JSON pointer; empty for the whole.
    pub(crate) pointer: String,
    /// What would be right.
    pub(crate) detail: String,
}

/// A trunk, whose password is left out.
pub(crate) fn trunk(body: Value) -> Result<Value, Vec<FieldFault>> {
    let checked = input::<TrunkInput>(body).and_then(|input| input.check().map(|()| value(&input)));
    checked.map_err(|problem| problem.faults())
}

/// A route. Ids may be anything.
pub(crate) fn route(body: Value) -> Result<Value, Vec<FieldFault>> {
    let checked = input::<RouteInput>(body).and_then(|input| input.checked().map(|()| value(&input)));
    checked.map_err(|problem| problem.faults())
}

/// A number. Ids may be anything.
pub(crate) fn number(body: Value) -> Result<Value, Vec<FieldFault>> {
    let checked = input::<NumberInput>(body).and_then(|input| input.checked().map(|()| value(&input)));
    checked.map_err(|problem| problem.faults())
}

/// A target with its offices.
pub(crate) fn target(body: Value) -> Result<Value, Vec<FieldFault>> {
    let checked = input::<TargetInput>(body).and_then(|input| input.check().map(|()| value(&input)));
    checked.map_err(|problem| problem.faults())
}

/// A campaign with its settings.
pub(crate) fn campaign(body: Value) -> Result<Value, Vec<FieldFault>> {
    let checked = CampaignInput::read(body).and_then(CampaignInput::checked);
    checked
        .map(CampaignInput::value)
        .map_err(|problem| problem.faults())
}

/// The trunk that is there.
pub(crate) fn of_trunk(row: &store::trunks::Trunk) -> Value {
    TrunkInput::current(row)
}

/// The route that is there.
pub(crate) fn of_route(row: &store::routes::Route) -> Value {
    RouteInput::current(row)
}

/// The number that is there.
pub(crate) fn of_number(row: &store::numbers::Number) -> Value {
    NumberInput::current(row)
}

/// The target that is there.
pub(crate) fn of_target(row: &store::targets::Target, offices: Vec<store::targets::Office>) -> Value {
    TargetInput::current(row, offices)
}

/// The campaign that is there.
pub(crate) fn of_campaign(row: &store::campaigns::Campaign) -> Value {
    CampaignInput::current(row)
}

fn input<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, Problem> {
    object(body).and_then(|fields| read(Value::Object(fields)))
}

fn value(input: &impl serde::Serialize) -> Value {
    serde_json::to_value(input).unwrap_or_default()
}

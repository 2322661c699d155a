//! Lists by cursor: `?limit=100&cursor=…` in, `{items, next}` out.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use crate::store::{PAGE_DEFAULT, PAGE_MAX, Page, Paged};

/// Most characters of a cursor.
const MAX_CURSOR_CHARS: usize = 64;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The things.
    items: Vec<T>,
    /// `cursor` of the next page; null on the last one.
    next: Option<String>,
}

impl<T> List<T> {
    /// A page of the store, as the API shows it.
    pub(crate) fn of<R>(page: Paged<R>, show: impl FnMut(R) -> T) -> List<T> {
        List {
            items: page.items.into_iter().map(show).collect(),
            next: page.next,
        }
    }

    /// A page that is shown already.
    pub(crate) fn new(items: Vec<T>, next: Option<String>) -> List<T> {
        List { items, next }
    }
}

/// Which page is wanted. Lists that can be narrowed have these two beside their own parameters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Things of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

impl PageParams {
    /// As the store wants it.
    pub(crate) fn page(self) -> Result<Page, Problem> {
        page(self.cursor, self.limit)
    }
}

/// Checks cursor and limit.
pub(crate) fn page(cursor: Option<String>, limit: Option<i64>) -> Result<Page, Problem> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::parameter(
            "limit",
            format!("expected a number from 1 to {PAGE_MAX}"),
        ));
    }
    let plain = |c: &String| {
        (1..=MAX_CURSOR_CHARS).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if cursor.as_ref().is_some_and(|c| !plain(c)) {
        return Err(Problem::parameter(
            "cursor",
            "expected the `next` of the page before, as it was given",
        ));
    }
    Ok(Page { after: cursor, limit })
}

//! Who speaks for a place: divisions and the officials in them, imported as data; look-ups by postal code, district, address or point.
//!
//! A country is rows of the database. What is written here about single countries is only how people spell codes and districts.

mod check;
pub mod geocoder;
pub mod import;
pub mod keypad;
mod lookup;
pub mod ocd;
mod offices;
mod order;
mod point;
pub mod postal;
mod special;
#[cfg(test)]
pub(crate) mod testing;

pub use check::{Missing, missing};
pub use lookup::{Found, LookupError, Wanted, look_up};
pub use offices::{Caller, numbers, numbers_now};
pub use order::{arrange, is_called};
pub use point::Point;
pub use special::combine;

//! Who speaks for a place: divisions and the officials in them, imported as data; look-ups by postal code, district, address or point.
//!
//! A country is rows of the database. What is written here about single countries is only how people spell codes and districts.

pub mod import;
pub mod ocd;
pub mod postal;
#[cfg(test)]
pub(crate) mod testing;

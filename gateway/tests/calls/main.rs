//! The SIP endpoint from outside: transcripts of one endpoint against a far end that says what the script wants, pairs of
//! endpoints over a link that loses, delays, repeats and reorders, and the messages of RFC 4475.

#[cfg(test)]
mod digest;
#[cfg(test)]
mod established;
#[cfg(test)]
mod inbound;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod register;
#[cfg(test)]
mod script;

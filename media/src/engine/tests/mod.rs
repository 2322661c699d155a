//! The table and its streams by hand: time jumps, far ends are lists of packets.

mod bridging;
mod hearing;
mod sending;
mod whole;

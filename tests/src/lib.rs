//! What the end to end tests share: running programs, reading captures, judging audio by its tones.

pub mod alone;
pub mod baresip;
pub mod browser;
pub mod capture;
pub mod certificates;
pub mod dnsmasq;
pub mod kamailio;
pub mod keyboard;
pub mod lossy;
pub mod page;
pub mod ports;
pub mod program;
pub mod receiver;
pub mod scenario;
pub mod sim;
pub mod sipp;
pub mod speaker;
pub mod stage;
pub mod world;

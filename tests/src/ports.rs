//! Loopback ports that nobody uses at the moment. Each test program counts through a range of its own.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range of ports that the kernel hands out by itself (32768 and up), so that no client socket takes one meanwhile.
const FIRST: u16 = 11_000;
const LAST: u16 = 31_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// `count` ports in a row, the first one even, all free for UDP and TCP on 127.0.0.1 when asked.
pub fn free(count: u16) -> u16 {
    let span = LAST - FIRST;
    // Several test programs run at once: each starts somewhere else.
    let start = (std::process::id() % u32::from(span / 64)) as u16 * 64;
    for _ in 0..span {
        let offset = NEXT.fetch_add(count + count % 2, Ordering::Relaxed);
        let first = FIRST + (start.wrapping_add(offset) % (span - count)) / 2 * 2;
        if (first..first + count).all(is_free) {
            return first;
        }
    }
    panic!("no {count} free ports in a row between {FIRST} and {LAST}");
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

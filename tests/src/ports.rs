//! Loopback ports that nobody else uses. Each test program holds a slot of them, by a lock that ends with the program.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::{Mutex, PoisonError};

/// Below the range of ports that the kernel hands out by itself (32768 and up), so that no client socket takes one meanwhile.
const FIRST: u16 = 11_000;
/// Ports of one slot.
const SLOT: u16 = 1_600;
const SLOTS: u16 = 13;

static MINE: Mutex<Option<Slot>> = Mutex::new(None);

struct Slot {
    next: u16,
    end: u16,
    _lock: File,
}

/// `count` ports in a row, the first one even, all free for UDP and TCP on 127.0.0.1 when asked, and given to nobody else.
pub fn free(count: u16) -> u16 {
    let mut mine = MINE.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = mine.get_or_insert_with(claim);
    let begin = slot.end - SLOT;
    // A program that uses up its slot begins again: what it used first is free by then.
    for _ in 0..SLOT {
        if slot.next + count > slot.end {
            slot.next = begin;
        }
        let first = slot.next;
        slot.next += 2;
        if (first..first + count).all(is_free) {
            slot.next = first + count + count % 2;
            return first;
        }
    }
    panic!("no {count} free ports in a row between {begin} and {}", slot.end);
}

fn claim() -> Slot {
    for number in 0..SLOTS {
        let path = std::env::temp_dir().join(format!("trunkline-test-ports-{number}"));
        let lock = File::create(&path).expect("the temporary folder is writable");
        if lock.try_lock().is_ok() {
            let begin = FIRST + number * SLOT;
            return Slot {
                next: begin,
                end: begin + SLOT,
                _lock: lock,
            };
        }
    }
    panic!("more than {SLOTS} test programs run at once");
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

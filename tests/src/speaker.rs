//! A telephone's media without its signalling: speaks a tone from an address of its own to whoever speaks to it, and hears.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use trunkline_media::codec::g711;
use trunkline_media::tone;

use crate::capture::packet;

/// One packet's time.
const FRAME: Duration = Duration::from_millis(20);

/// One that speaks until it is dropped.
#[derive(Debug)]
pub struct Speaker {
    /// Where it is.
    pub address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Speaker {
    /// Speaks PCMA from a free port of `ip`, as soon as a packet has come.
    pub fn of_alaw(ip: &str, hz: f64) -> Result<Speaker> {
        let socket = UdpSocket::bind(format!("{ip}:0"))?;
        socket.set_read_timeout(Some(FRAME))?;
        let address = socket.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let thread = std::thread::spawn(move || speak(&socket, hz, &stop));
        Ok(Speaker {
            address,
            over,
            thread: Some(thread),
        })
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn speak(socket: &UdpSocket, hz: f64, over: &AtomicBool) {
    let pcm = tone::sine(hz, 8_000.0, 8_000);
    let mut to: Option<SocketAddr> = None;
    let mut count: u16 = 0;
    while !over.load(Ordering::Relaxed) {
        // Who speaks to us sends every 20 ms; a silent one is waited for as long.
        if let Ok((_, from)) = socket.recv_from(&mut [0; 2_048]) {
            to = Some(from);
        }
        let Some(to) = to else { continue };
        let at = usize::from(count) * 160 % pcm.len();
        let payload: Vec<u8> = pcm[at..at + 160]
            .iter()
            .map(|&s| g711::compress_alaw(s))
            .collect();
        let bytes = packet(8, count, u32::from(count) * 160, &payload);
        if socket.send_to(&bytes, to).is_err() {
            return;
        }
        count = count.wrapping_add(1);
    }
}

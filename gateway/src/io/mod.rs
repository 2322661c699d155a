//! Sockets, threads, files and the clock of the gateway; nothing else of it waits or reads the time.

pub mod journal_file;

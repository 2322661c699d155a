//! Numbers of what is sent.

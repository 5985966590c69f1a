//! The built programs on a host that is a machine, not a tree: what the API says of it against what
//! the machine's own tools say.

/// Each kind of fact against the tool that knows.
mod agreement;

/// What is not heard.
mod blind;

/// One change, one row.
mod change;

/// More than anybody has.
mod crowd;

/// What is read, and what is not sent.
mod privacy;

/// Another tree than the machine's.
mod tree;

/// What systemd does.
mod units;

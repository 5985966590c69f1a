//! Everything that crosses a process, a network or a database.

mod layers;

mod cli;
mod enrolment;
mod hostile;
mod renewal;
mod report;

//! Everything that crosses a process, a network or a database.

mod layers;

mod console;
mod enrolment;
mod report;

//! Everything that crosses a process, a network or a database.

mod layers;

mod enrolment;
mod live;
mod report;

//! What is said to whom, against what is written of each service, and what comes of what they say.

mod body;
mod deliver;
pub(crate) mod receiver;
mod route;

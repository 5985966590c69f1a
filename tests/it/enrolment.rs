//! Who may join, who may stay.

//! What every wire target asserts of a frame.

use serde::{Serialize, de::DeserializeOwned};
use shared::wire;

/// Opens a frame; what opens must survive another journey.
pub fn frame<M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(message) = wire::open::<M>(bytes) {
        let again = wire::seal(&message).expect("what fitted a frame fits a frame");
        assert_eq!(wire::open::<M>(&again).expect("a message"), message);
    }
}

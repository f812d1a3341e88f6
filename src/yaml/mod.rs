//! YAML and JSON: configuration read as Kedro's own reader reads it, workflows written so that Go, PyYAML
//! and YAML 1.2 read the same. Knows nothing of Kedro's or Argo's keys.

mod construct;
pub mod float;
pub mod json;
pub mod quote;
pub mod read;
pub mod scalar;
pub mod value;
pub mod write;

pub use value::{Key, Map, Node, Value, lookup};

//! kfk takes a Kedro project to Kubeflow.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod yaml;

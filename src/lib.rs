//! kfk takes a Kedro project to Kubeflow.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod argo;
pub mod failure;
pub mod nearest;
pub mod yaml;
pub mod kedro;
pub mod settings;
pub mod plan;

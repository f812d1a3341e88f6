//! The Kedro project on disk: root, configuration, pipelines. Knows nothing of Kubeflow or Argo.

pub mod config;
pub mod export;
mod lookup;
pub mod pipeline;
pub mod project;
pub mod template;
pub mod version;

pub use config::{Config, ConfigLoader};
pub use export::{DEFAULT_PIPELINE, Export, Source};
pub use lookup::Where;
pub use pipeline::Pipeline;
pub use project::Project;
pub use version::KedroVersion;

//! The Kedro project on disk: root, configuration, pipelines. Knows nothing of Kubeflow or Argo.

pub mod config;
pub mod export;
pub mod pipeline;
pub mod project;
pub mod template;
pub mod version;

pub use config::{Config, ConfigLoader, Where};
pub use export::{DEFAULT_PIPELINE, Export, Source};
pub use pipeline::Pipeline;
pub use project::Project;
pub use version::KedroVersion;

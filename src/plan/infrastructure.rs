//! The steps around the nodes: names that steps of nodes cannot have, as far as a workflow has these steps,
//! and the places in the image that they work with.

/// Makes the volume.
pub const VOLUME_CREATE: &str = "data-volume-create";
/// Copies the image's data to the volume.
pub const VOLUME_INIT: &str = "data-volume-init";
/// Starts the MLflow run.
pub const MLFLOW_START: &str = "mlflow-start-run";
/// Deletes the volume when everything else has ended.
pub const VOLUME_TERMINATION: &str = "schedule-volume-termination";
/// Holds all steps where something must run after them.
pub const EXIT_HANDLER: &str = "exit-handler-1";
/// The argument that hands the volume's name on.
pub const VOLUME_NAME: &str = "data-volume-create-name";
/// The argument that hands the id of the MLflow run on.
pub const MLFLOW_RUN_ID: &str = "mlflow-start-run-mlflow_run_id";

/// The folder of the project in the image.
pub const HOME: &str = "/home/kedro";
/// Where steps that run nodes see the volume.
pub const DATA: &str = "/home/kedro/data";
/// Where the step that fills the volume sees it, beside the image's own data.
pub const NEW_DATA: &str = "/home/kedro/datavolume";
/// Where the step that starts the MLflow run leaves the run's id.
pub const MLFLOW_RUN_ID_FILE: &str = "/tmp/mlflow_run_id";

//! The back end for Kubeflow Pipelines on Argo: a plan becomes an Argo `Workflow`.
//!
//! Pure, and knows nothing of Kedro: all decisions are in the plan.

mod build;
mod workflow;

use std::io;

pub use build::workflow;
pub use workflow::Workflow;

/// Kubernetes keeps a workflow as one object in etcd, which refuses more than about this many bytes.
const MOST_BYTES: usize = 1_500_000;

/// A warning where the workflow is too large for etcd.
pub fn size_warning(workflow: &Workflow) -> Option<String> {
    let mut size = Counter(0);
    // The counter takes everything, and every key of a workflow is a string.
    serde_json::to_writer(&mut size, workflow).unwrap_or_default();
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with one digit behind the point"
    )]
    let megabytes = size.0 as f64 / 1e6;
    (size.0 > MOST_BYTES).then(|| {
        format!("the workflow is {megabytes:.1} MB, and Kubernetes refuses objects of more than 1.5 MB; fewer nodes, shorter names or fewer parameters make it smaller")
    })
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

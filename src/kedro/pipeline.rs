//! A Kedro pipeline: its nodes and which of them need which.

use std::collections::HashMap;

use anyhow::Result;
use serde::Deserialize;

use crate::failure::Failure;

/// A node, with the names as Kedro has them.
#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    /// The full name, namespace included.
    pub name: String,
    /// Datasets and parameters that it takes.
    pub inputs: Vec<String>,
    /// Datasets that it makes.
    pub outputs: Vec<String>,
}

/// A pipeline whose nodes can run in some order.
#[derive(Debug)]
pub struct Pipeline {
    /// The nodes in the order of the export, which is a topological one.
    pub nodes: Vec<Node>,
    /// For each node the nodes that make its inputs, in ascending order.
    pub parents: Vec<Vec<usize>>,
}

impl Pipeline {
    /// Finds out which nodes need which, by Kedro's rules: a transcoded dataset (`name@pandas`,
    /// `name@spark`) is one dataset; parameters are made by no node.
    ///
    /// # Errors
    /// Where Kedro itself would not build the pipeline: no nodes, two nodes of one name, two producers of one
    /// dataset, a dataset with and without transcoding, a cycle.
    pub fn new(name: &str, nodes: Vec<Node>) -> Result<Self> {
        let refuse = |what: String| Failure::usage(format!("the pipeline `{name}` {what}"));
        if nodes.is_empty() {
            return Err(refuse("has no nodes, so there is nothing to run".to_owned()).into());
        }
        let mut names = HashMap::with_capacity(nodes.len());
        let mut producers: HashMap<&str, usize> = HashMap::new();
        let mut spellings: HashMap<&str, (bool, bool)> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            if names.insert(node.name.as_str(), index).is_some() {
                return Err(refuse(format!("has two nodes named `{}`", node.name)).into());
            }
            for dataset in node.inputs.iter().chain(&node.outputs) {
                let plain = strip_transcoding(dataset);
                if dataset[plain.len()..].matches('@').count() > 1 {
                    return Err(refuse(format!(
                        "uses the dataset `{dataset}`, which has more than one `@`"
                    ))
                    .into());
                }
                let spelling = spellings.entry(plain).or_default();
                if plain.len() == dataset.len() {
                    spelling.0 = true;
                } else {
                    spelling.1 = true;
                }
                if *spelling == (true, true) {
                    return Err(refuse(format!(
                        "uses the dataset `{plain}` both with and without transcoding (`@`)"
                    ))
                    .into());
                }
            }
            for output in &node.outputs {
                let dataset = strip_transcoding(output);
                if let Some(other) = producers.insert(dataset, index) {
                    let made = format!("the dataset `{dataset}`");
                    let what = if other == index {
                        format!("has a node that makes {made} twice: `{}`", node.name)
                    } else {
                        format!(
                            "has two nodes that make {made}: `{}` and `{}`",
                            nodes[other].name, node.name
                        )
                    };
                    return Err(refuse(what).into());
                }
            }
        }
        let parents: Vec<Vec<usize>> = nodes
            .iter()
            .map(|node| {
                let mut parents: Vec<usize> = node
                    .inputs
                    .iter()
                    .filter_map(|input| producers.get(strip_transcoding(input)).copied())
                    .collect();
                parents.sort_unstable();
                parents.dedup();
                parents
            })
            .collect();
        if let Some(cycle) = cycle(&parents) {
            let names: Vec<String> = cycle
                .iter()
                .map(|index| format!("`{}`", nodes[*index].name))
                .collect();
            return Err(refuse(format!("has a cycle: {}", names.join(" needs "))).into());
        }
        Ok(Self { nodes, parents })
    }
}

/// The name of a dataset without what is behind its `@`.
fn strip_transcoding(dataset: &str) -> &str {
    dataset.split_once('@').map_or(dataset, |(name, _)| name)
}

/// A cycle, its first node repeated at the end, if there is one.
fn cycle(parents: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in parents.iter().enumerate() {
        for parent in parents {
            children[*parent].push(child);
        }
    }
    let mut ready: Vec<usize> = (0..parents.len())
        .filter(|node| waiting[*node] == 0)
        .collect();
    while let Some(node) = ready.pop() {
        for child in &children[node] {
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.push(*child);
            }
        }
    }
    // Every node that still waits has a parent that still waits; going from parent to parent runs in circles.
    let mut node = (0..parents.len()).find(|node| waiting[*node] > 0)?;
    let mut seen = HashMap::new();
    let mut path = Vec::new();
    loop {
        if let Some(start) = seen.insert(node, path.len()) {
            path.push(node);
            return Some(path.split_off(start));
        }
        path.push(node);
        node = parents[node]
            .iter()
            .copied()
            .find(|parent| waiting[*parent] > 0)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(nodes: &[(&str, &str, &str)]) -> Result<Pipeline, String> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let nodes = nodes.iter().map(|(name, inputs, outputs)| Node {
            name: (*name).to_owned(),
            inputs: words(inputs),
            outputs: words(outputs),
        });
        Pipeline::new("p", nodes.collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn nodes_need_those_that_make_their_inputs() {
        let pipeline = pipeline(&[
            ("load", "raw@pandas params:x parameters", "mid@pandas"),
            ("fit", "mid@spark params:x", "ns.model"),
            ("score", "ns.model mid@spark ns.model", "score"),
        ])
        .unwrap();
        assert_eq!(pipeline.parents, [vec![], vec![0], vec![0, 1]]);
    }

    #[test]
    fn what_kedro_would_not_build_is_refused() {
        for (nodes, wanted) in [
            (
                &[][..],
                "the pipeline `p` has no nodes, so there is nothing to run",
            ),
            (
                &[("a", "", "x"), ("a", "", "y")],
                "the pipeline `p` has two nodes named `a`",
            ),
            (
                &[("a", "", "x@p"), ("b", "", "x@q")],
                "the pipeline `p` has two nodes that make the dataset `x`: `a` and `b`",
            ),
            (
                &[
                    ("a", "x", "y"),
                    ("b", "y", "z"),
                    ("c", "z q", "x"),
                    ("d", "x", "q2"),
                ],
                "the pipeline `p` has a cycle: `a` needs `c` needs `b` needs `a`",
            ),
            (
                &[("a", "x", "y y")],
                "the pipeline `p` has a node that makes the dataset `y` twice: `a`",
            ),
            (
                &[("a", "x", "x")],
                "the pipeline `p` has a cycle: `a` needs `a`",
            ),
            (
                &[("a", "x@p", "y"), ("b", "x", "z")],
                "the pipeline `p` uses the dataset `x` both with and without transcoding (`@`)",
            ),
            (
                &[("a", "x@p@q", "y")],
                "the pipeline `p` uses the dataset `x@p@q`, which has more than one `@`",
            ),
        ] {
            assert_eq!(pipeline(nodes).unwrap_err(), wanted);
        }
    }
}

"""The pipelines of the project."""

from kedro.pipeline import node, pipeline

from . import nodes


def register_pipelines() -> dict:
    """Names the pipelines."""
    data_processing = pipeline(
        [
            node(nodes.preprocess_companies, "companies", "preprocessed_companies", name="preprocess_companies"),
            node(nodes.preprocess_shuttles, "shuttles", "preprocessed_shuttles", name="preprocess_shuttles"),
            node(
                nodes.create_model_input_table,
                ["preprocessed_shuttles", "preprocessed_companies", "reviews"],
                "model_input_table",
                name="create_model_input_table",
            ),
        ]
    )
    data_science = pipeline(
        [
            node(
                nodes.split_data,
                ["model_input_table", "params:test_size", "params:random_state"],
                ["train", "test"],
                name="split_data",
            ),
            node(nodes.train_model, ["train", "params:features"], "regressor", name="train_model"),
            node(nodes.evaluate_model, ["regressor", "test", "params:features"], "metrics", name="evaluate_model"),
        ]
    )
    return {
        "__default__": data_processing + data_science,
        "data_processing": data_processing,
        "data_science": data_science,
    }

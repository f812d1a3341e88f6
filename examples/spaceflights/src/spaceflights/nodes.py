"""What the nodes of the pipelines do."""

import numpy as np
import pandas as pd


def preprocess_companies(companies: pd.DataFrame) -> pd.DataFrame:
    """Turns percentages and letters into numbers."""
    companies["iata_approved"] = (companies["iata_approved"] == "t").astype(int)
    companies["company_rating"] = companies["company_rating"].str.rstrip("%").astype(float) / 100
    return companies


def preprocess_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    """Turns letters and prices into numbers."""
    shuttles["d_check_complete"] = (shuttles["d_check_complete"] == "t").astype(int)
    shuttles["price"] = shuttles["price"].str.lstrip("$").str.replace(",", "", regex=False).astype(float)
    return shuttles


def create_model_input_table(
    shuttles: pd.DataFrame, companies: pd.DataFrame, reviews: pd.DataFrame
) -> pd.DataFrame:
    """Puts shuttles, their companies and their reviews side by side."""
    rated = shuttles.merge(reviews, left_on="id", right_on="shuttle_id")
    return rated.merge(companies, left_on="company_id", right_on="id", suffixes=("", "_company")).dropna()


def split_data(table: pd.DataFrame, test_size: float, random_state: int) -> tuple:
    """Keeps a part of the rows for the test."""
    test = table.sample(frac=test_size, random_state=random_state)
    return table.drop(test.index), test


def _inputs(table: pd.DataFrame, features: list) -> np.ndarray:
    return np.column_stack([table[features].to_numpy(dtype=float), np.ones(len(table))])


def train_model(train: pd.DataFrame, features: list) -> np.ndarray:
    """Fits a linear model of the price; its last coefficient is the intercept."""
    coefficients, *_ = np.linalg.lstsq(_inputs(train, features), train["price"].to_numpy(), rcond=None)
    return coefficients


def evaluate_model(regressor: np.ndarray, test: pd.DataFrame, features: list) -> dict:
    """Measures how much of the variation of the price the model explains."""
    price = test["price"].to_numpy()
    left = price - _inputs(test, features) @ regressor
    return {"r2": float(1 - (left**2).sum() / ((price - price.mean()) ** 2).sum()), "rows": len(test)}

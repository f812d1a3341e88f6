"""Predicts the prices of flights to the moon."""

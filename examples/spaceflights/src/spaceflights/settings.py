"""Settings of the project; Kedro's defaults."""

"""Wiring: the user's wish becomes a run. The only package that knows Prefect and config.yaml."""

"""From tidy frames to Parquet datasets and releases."""

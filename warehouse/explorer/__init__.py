"""The explorer: a static site that shows what a release holds and how far it can be trusted."""

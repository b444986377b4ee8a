"""Runs on disk: a versioned document, and named baselines."""

"""Accuracy against known truth: what the index put together, where it missed, and a page of it."""

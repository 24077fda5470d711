"""Misuse in an invented log: weeks of normal work, twenty planted scripts, what is found."""

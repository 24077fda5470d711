"""The official formats in which each agency's records are written."""

"""The sides of the comparison: each takes one table to clusters, in a process of its own."""

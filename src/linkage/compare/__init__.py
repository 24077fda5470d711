"""One module for each kind of fact: how far two records agree on it, as a named level."""

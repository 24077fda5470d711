"""How stewards decide on pairs: what they saw, what they say, what gainsays it, what undoes it."""

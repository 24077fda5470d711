"""Are these records about the same child: standardise, block, compare, weigh, decide, resolve."""

"""Who watches those who look: the record of access verified, exported, reported and followed up."""

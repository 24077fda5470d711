"""The three agencies: whom each of them knows, and what it says on which night."""

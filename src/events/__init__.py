"""What happened: event types, aggregates as decide and evolve, and the store that keeps them."""

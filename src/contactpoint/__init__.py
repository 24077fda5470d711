"""How it is used: use cases, settings, wiring, command line."""

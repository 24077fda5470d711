"""Where the log is kept: the library's recorders, made to write heads and chain with the events."""

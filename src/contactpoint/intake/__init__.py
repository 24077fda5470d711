"""How a file becomes events: read whole, compared with what is known, appended in chunks."""

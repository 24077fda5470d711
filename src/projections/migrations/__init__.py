"""How the tables of the read models came to be as they are: one revision after the other.

Events are never migrated: an upcaster reads an old one (``events.upcasting``).
"""

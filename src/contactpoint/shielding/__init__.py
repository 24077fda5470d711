"""Shields over children in danger: what officers do with them, and how acts on them are written."""

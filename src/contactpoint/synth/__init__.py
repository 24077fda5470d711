"""An invented population of children and what three agencies write down of it, night by night."""

from contactpoint.synth.generation import Summary, generate

__all__ = ["Summary", "generate"]

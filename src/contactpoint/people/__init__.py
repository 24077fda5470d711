"""People: who acts, how they show it, and what they may do."""

"""What every check of a value raises: which rule was broken and what would be right."""


class RuleError(ValueError):
    """A value that breaks a rule. It never holds the value, which is personal.

    Attributes: ``rule`` (the authority's own number where there is one, else a name of ours)
    and ``expected`` (what would be right).
    """

    def __init__(self, rule: str, expected: str) -> None:
        self.rule, self.expected = rule, expected
        super().__init__(f"{rule}: expected {expected}")

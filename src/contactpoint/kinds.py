"""What a pair that awaits a steward is: from what agrees, and from whose records they are."""

from collections.abc import Mapping
from functools import lru_cache

from events.source import SourceRegistered
from linkage.decide import Levels, contradiction, number_in_doubt
from projections.worth import Kind


class Kinds:
    """The kinds of pairs, by what is set of their sources."""

    def __init__(self, sources: Mapping[str, SourceRegistered]) -> None:
        """``sources``: those that are registered, by name."""
        self._shaped = {name for name, source in sources.items() if source.fields}
        self._once = {name for name, source in sources.items() if source.one_record_each}

    def of(self, pattern: int, one: str, other: str) -> Kind:
        """What a pair is whose records are of two sources, or of one."""
        if one not in self._shaped and _is_in_doubt(pattern):
            return Kind.IDENTIFIER
        if one == other and one in self._once and _is_of_one_number(pattern):
            return Kind.IDENTIFIER
        return Kind.DUPLICATE if one == other else Kind.LINKAGE


@lru_cache(1 << 14)
def _is_of_one_number(pattern: int) -> bool:
    return Levels.of(pattern).same_national_number


@lru_cache(1 << 14)
def _is_in_doubt(pattern: int) -> bool:
    """Whether numbers of two records of children speak against each other, or against the rest."""
    return bool(number_in_doubt(pattern) or contradiction(Levels.of(pattern)))

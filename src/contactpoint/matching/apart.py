"""Which records and children the kept index does not show as they may be seen."""

from collections.abc import Set

from projections import candidates
from projections.projection import Target


class Apart:
    """They, as the read models say; after the first time, read by what changed."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        """Records that are shielded or withheld."""
        self.shielded: set[bytes] = set()
        """Children over whom a shield stands."""
        self._renewed: set[bytes] = set()
        self._restored: set[bytes] = set()

    @property
    def whole(self) -> set[bytes]:
        """The children seen whole of whom the file has another version, or none.

        Those of a new identity, and those of whom a record was taken out that is not hidden now.
        """
        return (self._renewed | self._restored) - self.shielded

    def see(self, removed: Set[int], of: Set[bytes] | None, target: Target) -> Set[int]:
        """Read what stands apart now; the records that are hidden, among those that were read.

        ``removed``: the records that were taken out so far. ``of``: the children, and records, of
        whom alone anything may be otherwise than before.
        """
        if of is None:
            self.hidden = candidates.hidden(target)
            self.shielded = candidates.shielded(target)
            self._renewed = candidates.renewed(target)
            self._restored = candidates.children_of(removed - self.hidden, target)
            return self.hidden
        records = candidates.ordinals_of(of, target)
        hidden = candidates.hidden(target, records)
        self.hidden -= records
        self.hidden |= hidden
        self.shielded -= of
        self.shielded |= candidates.shielded(target, of)
        self._renewed -= of
        self._renewed |= candidates.renewed(target, of)
        self._restored -= of
        self._restored |= candidates.children_of((records & removed) - hidden, target)
        return hidden

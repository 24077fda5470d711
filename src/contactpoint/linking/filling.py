"""Puts the records that are matched with each other into an index, as their sources say."""

from collections.abc import Iterable

from contactpoint.linking.matching import AnyIndex, Matching, shape_of
from contactpoint.sources import Registry
from events.source import SourceRegistered
from linkage.resolve import Member
from projections.workings import IndexedRecord, Membership, Workings

BATCH = 5_000


class Filling:
    """How records are put into the index of one matching, and taken out."""

    def __init__(self, registry: Registry, matching: Matching) -> None:
        self.sources = registry.sources
        """The settings of each source, by name."""
        self._comparable = matching.comparable
        self._others = {
            name for name, source in registry.sources.items() if shape_of(source) != matching.shape
        }
        # A number above 0 names a source whose records are never the same child.
        self._numbers = {
            name: number
            for number, name in enumerate(registry.sources, start=1)
            if registry.sources[name].one_record_each
            and not registry.sources[name].dual_registration
        }

    def source(self, name: str) -> SourceRegistered | None:
        """The settings of a source."""
        return self.sources.get(name)

    def own(self, ordinals: set[int], workings: Workings) -> set[int]:
        """Those of the records that are matched here."""
        return ordinals - workings.ordinals_of_sources(self._others) if self._others else ordinals

    def exclusive(self, source: str, scope: str) -> str:
        """A word that two records share where their source and scope make them two children."""
        settings = self.sources.get(source)
        if settings is None or not settings.one_record_each:
            return ""
        return f"{source} {scope}" if settings.dual_registration else source

    def makes_child(self, source: str) -> bool:
        """Whether a record of the source may be a child's only one."""
        settings = self.sources.get(source)
        return settings is None or not settings.nameless

    def member(self, record: Membership) -> Member:
        """A record as resolving sees it."""
        source = self.sources.get(record.source)
        return Member(
            record.ordinal,
            record.source,
            record.key,
            self.exclusive(record.source, record.scope),
            makes_child=self.makes_child(record.source),
            verified=record.verified,
            few=source is not None and source.holds_few,
            upns=record.upns,
        )

    def never_compares(self, one: str, other: str) -> bool:
        """Whether records of these sources are never compared: one source, and two children."""
        return one == other and one in self._numbers

    def fill(self, index: AnyIndex, workings: Workings) -> None:
        """Put every current record into an empty index."""
        batch: list[IndexedRecord] = []
        for record in workings.records(without=self._others):
            batch.append(record)
            if len(batch) == BATCH:
                self.put(index, batch)
                batch.clear()
        self.put(index, batch)

    def put(self, index: AnyIndex, records: Iterable[IndexedRecord]) -> None:
        """Put current records in, and take those out that are not current any more."""
        known = [record for record in records if record.source not in self._others]
        kept = self.stand_in(index, [record for record in known if record.standing == "current"])
        index.remove([r.ordinal for r in known if r.ordinal not in kept])

    def stand_in(self, index: AnyIndex, records: Iterable[IndexedRecord]) -> set[int]:
        """Put records in, current or not; the ordinals of those that are matched here."""
        stated = {
            r.ordinal: (r.ordinal, self._numbers.get(r.source, 0), self._comparable(r.compared))
            for r in records
            if r.source not in self._others and r.compared is not None
        }
        index.put(list(stated.values()))
        return set(stated)

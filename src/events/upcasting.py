"""Reading events as they were written long ago: old JSON in, the JSON of the next version out.

An upcaster is two small pure functions, one for the part in clear and one for each sealed field,
or fewer: what is not named passes through. To give ``RecordWithdrawn`` a second version that calls
its reason a ground, raise its version in ``events.catalogue`` and add

    Upcaster("RecordWithdrawn", 1, clear=rename("reason", "ground"))

and the test's old JSON stays where it is, under ``tests/events/history``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
"""What ``json.loads`` makes of a document."""
Step = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Upcaster:
    """How one version of one event type becomes the next."""

    name: str
    version: int
    """The version that goes in; the next comes out."""
    clear: Step | None = None
    """Of the event's fields in clear, an object."""
    sealed: Mapping[str, Step] = field(default_factory=dict)
    """Of sealed fields, by the name that they had in the version that goes in."""


def _of_no_kind(fields: Json) -> Json:
    """Referred pairs of the first version, which said of none what kind of task it was."""
    return {**fields, "referred": [[*pair, ""] for pair in fields["referred"]]}


UPCASTERS: tuple[Upcaster, ...] = (Upcaster("PairsReferred", 1, clear=_of_no_kind),)
"""Those of the product."""


class Upcasting:
    """Upcasters by the type and version that they read."""

    def __init__(self, upcasters: Iterable[Upcaster] = UPCASTERS) -> None:
        self._steps = {(one.name, one.version): one for one in upcasters}

    def reads(self, name: str, version: int) -> bool:
        """Whether there is an upcaster that this version goes into."""
        return (name, version) in self._steps

    def clear(self, name: str, version: int, to: int, fields: Json) -> Json:
        """The fields in clear as version ``to`` would have them."""
        for step in range(version, to):
            change = self._steps[name, step].clear
            fields = change(fields) if change else fields
        return fields

    def sealed(self, name: str, version: int, to: int, field: str, value: Json) -> Json:
        """The value of one sealed field as version ``to`` would have it."""
        for step in range(version, to):
            change = self._steps[name, step].sealed.get(field)
            value = change(value) if change else value
        return value


def rename(old: str, new: str) -> Step:
    """A step that calls a field by another name.

    >>> rename("reason", "ground")({"reason": "absent"})
    {'ground': 'absent'}
    """

    def step(fields: Json) -> Json:
        return {new if name == old else name: value for name, value in fields.items()}

    return step

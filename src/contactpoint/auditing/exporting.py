"""The use case of exporting the record of access as AuditEvents, a line of JSON each."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from contactpoint.auditing.balp import audit_events
from contactpoint.auditing.looks import Wanted, children_of, looks
from contactpoint.bootstrap import Contactpoint
from contactpoint.exports import whole_file


def export(
    store: Contactpoint, wanted: Wanted, out: Path, tell: Callable[[str, int], None] | None = None
) -> int:
    """Write what is asked for, whole or not at all; return how many AuditEvents."""
    encode = msgspec.json.Encoder().encode
    count = 0
    with whole_file(out) as file:
        for page in looks(store, wanted):
            named = {child for one in page for child in children_of(one.event)}
            numbers = store.workings.numbers_of(named)
            for one in page:
                for event in audit_events(one, numbers):
                    file.write(encode(event).decode() + "\n")
                    count += 1
            if tell:
                tell("", count)
    return count

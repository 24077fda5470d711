"""The command label: pair after pair side by side, a key for each decision."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import examples, json_option, reason_option
from contactpoint.cli.judging import say_whether
from contactpoint.cli.output import print_json, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging.pair import Pair
    from contactpoint.opening import OpenedPair
    from events.judgement import Verdict

KEYS: dict[str, tuple["Verdict", str]] = {
    "y": ("link", "records-agree"),
    "n": ("apart", "records-differ"),
    "u": ("unsure", "too-little"),
}
"""What each key says of the pair, and for what reason."""
ASKED = "one child?  y yes   n no   u unsure   p previous again   q quit: "
LEASE = 10
"""Minutes for which a pair that is shown is nobody else's."""

Read = Callable[[], str]
"""Gives the next key; empty at the end."""


@click.command(
    epilog=examples("label --reason 'the queue of Monday'", "label --limit 50 --reason enquiry")
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=1000,
    show_default=True,
    help="How many are asked about at the most.",
)
@reason_option
@token_option
@json_option
def label(limit: int, reason: str, as_json: bool) -> None:
    """Decide on pair after pair, side by side, by keys.

    Stewards only. Keys: y one child, n two, u unsure, p previous, q quit. A key is enough; it works
    over ssh, and with keys from standard input. Each pair is claimed while it is shown, and each
    look is recorded. p takes the last decision back and asks again. The children follow when the
    session ends.
    """
    from contactpoint.accesses import required_reason

    stated = required_reason(reason)
    with opened(Act.JUDGE) as store:
        session = _Session(store, stated, _keys(), quiet=as_json)
        try:
            session.go(limit)
        finally:
            follows = store.follow(store.origin("label")) if session.decided else True
    if as_json:
        print_json({"decided": session.counts(), "linked": follows})
        return
    told = ", ".join(f"{verdict} {number}" for verdict, number in session.counts().items())
    click.echo(f"decided: {told}" if told else "nothing was decided")
    say_whether(follows)


class _Session:
    """One steward at the queue."""

    def __init__(self, store: "Contactpoint", reason: str, read: Read, *, quiet: bool) -> None:
        self._store, self._reason, self._read, self._quiet = store, reason, read, quiet
        self.decided: dict[Pair, Verdict] = {}
        self._shown: set[Pair] = set()

    def counts(self) -> dict[str, int]:
        """How often each verdict was given."""
        given = list(self.decided.values())
        return {verdict: given.count(verdict) for verdict in sorted(set(given))}

    def go(self, limit: int) -> None:
        """Ask about pair after pair until somebody quits or nothing is left."""
        pair = self._next()
        while pair is not None and len(self.decided) < limit:
            key = self._ask(pair)
            if key == "q":
                self._release(pair)
                return
            pair = self._back(pair) if key == "p" else self._next()

    def _next(self) -> "Pair | None":
        """The first pair of the queue that was not shown yet, as the queue is now."""
        from contactpoint.judging.pair import Pair
        from contactpoint.queue import tasks_of

        self._store.projector.catch_up()
        own = self._store.actor.subject
        fresh = (
            Pair(task.pair.left, task.pair.right)
            for task in tasks_of(self._store)
            if task.pair and task.claimed in ("", own)
        )
        found = next((pair for pair in fresh if pair not in self._shown), None)
        if found is not None:
            self._shown.add(found)
        return found

    def _ask(self, pair: "Pair") -> str:
        """Show a pair and take a key; what was decided is written. Returns the key."""
        from contactpoint.errors import ContactpointError
        from contactpoint.judging.judging import Meant
        from contactpoint.opening import open_pair

        store = self._store
        try:
            origin = store.origin("label")
            store.judging(Act.CLAIM).claim(pair, store.by, origin, LEASE)
            found = open_pair(store, (str(pair),), self._reason)
            self._show(found)
            key = self._key()
            if key in KEYS:
                verdict, reason = KEYS[key]
                meant = Meant(pair, verdict, reason, found.seen)
                store.judging(Act.JUDGE).decide(meant, store.by, store.origin("label"))
                self.decided[pair] = verdict
        except ContactpointError as refused:
            say(f"pair {pair} is left: {refused}")
            self._release(pair)
            return ""
        return key

    def _show(self, found: "OpenedPair") -> None:
        from contactpoint.cli.pairs import show_records, total

        if self._quiet:
            return
        click.echo(f"\npair {found.pair}: {total(found.found)}")
        show_records(found.found.records)

    def _key(self) -> str:
        """The next key that means something; the end of what is typed is to quit."""
        while True:
            click.echo(ASKED, nl=False, err=True)
            try:
                key = self._read().lower()
            except (KeyboardInterrupt, EOFError, UnicodeDecodeError):
                key = ""
            click.echo(key.strip(), err=True)
            if not key:
                return "q"
            if key in KEYS or key == "q" or (key == "p" and self.decided):
                return key

    def _back(self, pair: "Pair") -> "Pair | None":
        """Take the last decision back; that pair, to be asked about before this one again."""
        from contactpoint.errors import ContactpointError

        self._release(pair)
        self._shown.discard(pair)
        last = next(reversed(self.decided))
        store = self._store
        try:
            store.judging(Act.UNDO).undo(last, store.by, store.origin("label"))
        except ContactpointError as refused:
            say(f"pair {last} stays as it was decided: {refused}")
            return self._next()
        del self.decided[last]
        return last

    def _release(self, pair: "Pair") -> None:
        """Put a pair back. What is somebody else's by now cannot be, and need not be."""
        from contactpoint.errors import ContactpointError

        store = self._store
        with suppress(ContactpointError):
            store.judging(Act.CLAIM).release(pair, store.by, store.origin("label"))


def _keys() -> Read:
    """Keys as they are pressed, or the characters of what is piped in but for its line ends."""
    if sys.stdin.isatty():
        return click.getchar

    def read() -> str:
        while (character := sys.stdin.read(1)) in ("\n", "\r"):
            pass
        return character

    return read

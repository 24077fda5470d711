"""Named places at which a crash test can kill the process, as a power cut would."""

import os
import signal

VARIABLE = "CONTACTPOINT_FAILPOINT"
NAMES = frozenset(
    {
        "keys.before-commit",
        "keys.after-commit",
        "keys.destroyed",
        "keys.rotate-added",
        "keys.rotate-wrapped",
        "append.events",
        "append.heads",
        "append.chain",
        "append.before-commit",
        "append.after-commit",
        "checkpoint.before",
        "checkpoint.after",
        "projection.rows",
        "projection.before-commit",
        "projection.after-commit",
        "rebuild.before-swap",
        "rebuild.after-swap",
        "load.received",
        "load.before-complete",
        "delivery.decided",
        "link.before-append",
        "link.after-append",
        "link.before-complete",
        "index.before-swap",
        "index.after-swap",
        "index.frame",
        "index.after-append",
        "backup.copied",
        "backup.before-rename",
        "restore.filled",
        "restore.before-swap",
        "restore.swapping",
        "restore.swapped",
    }
)
"""Every failpoint there is; whoever places a new one adds it here."""


class UnknownFailpointError(Exception):
    """A failpoint was named that does not exist."""


class _Armed:
    """The one failpoint that this process dies at, and how many more visits it survives."""

    def __init__(self, stated: str) -> None:
        self.name, _, count = stated.partition(":")
        self.left = int(count or 1)
        if self.name not in NAMES:
            raise UnknownFailpointError(
                f"{VARIABLE}={self.name}: no such failpoint; there are {', '.join(sorted(NAMES))}"
            )


_armed: _Armed | None = None


def arm(stated: str) -> None:
    """Have this process die at a failpoint, stated as ``NAME`` or ``NAME:3``; at none if empty."""
    global _armed  # noqa: PLW0603 - a process dies once
    _armed = _Armed(stated) if stated else None


arm(os.environ.get(VARIABLE, ""))


def failpoint(name: str) -> None:
    """Kill this process here if ``CONTACTPOINT_FAILPOINT`` says so, as ``NAME`` or ``NAME:3``.

    The number says at which visit. SIGKILL leaves no chance to tidy up: nothing is flushed,
    closed or rolled back. Unset, a visit costs one comparison.
    """
    if _armed is None or name != _armed.name:
        return
    _armed.left -= 1
    if _armed.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

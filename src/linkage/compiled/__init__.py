"""The compiled comparison: what numba compiles. Its typed face is ``linkage.kernel``."""

from hashlib import blake2b
from pathlib import Path

import numba


def cache_of(folder: Path) -> Path:
    """Where compiled code is kept: a place for each state of all the sources of the package.

    numba looks at the file of a function alone, so one that calls into a changed file would go on
    with what was compiled before the change.
    """
    sources = sorted(folder.parent.rglob("*.py"))
    state = blake2b(b"".join(source.read_bytes() for source in sources), digest_size=8)
    return folder / "__pycache__" / f"compiled-{state.hexdigest()}"


# Unless somebody has said where; a folder that cannot be written is passed over by numba itself.
if not numba.config.CACHE_DIR:
    numba.config.CACHE_DIR = str(cache_of(Path(__file__).parent))

inlined = numba.njit(cache=True, nogil=True, forceinline=True)
"""Compiles a function into each that calls it, where numba would hand over every array anew."""
lean = numba.njit(cache=True, nogil=True, forceinline=True, _nrt=False)
"""The same of what only reads arrays: no references to them are counted. To count those of all
arrays of a pair's rows took two thirds of the time of comparing the two."""
alone = numba.njit(cache=True, nogil=True, _nrt=False)
"""Compiles a function by itself; no references are counted, as above.

Not for what each pair comes to, where it takes all facts: a call hands over every array of them, a
hundred numbers, and three such calls took most of the time of a pair. Few arrays are no burden.
"""
written_out = numba.njit(inline="always", _nrt=False)
"""Writes a function out where it is called, before anything is compiled.

For what is large and called at few places: numba would optimise it by itself first, and all that
it calls, and then again within each that calls it.
"""

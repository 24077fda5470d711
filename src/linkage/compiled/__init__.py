"""The compiled comparison: what numba compiles. Its typed face is ``linkage.kernel``."""

import os
from hashlib import blake2b
from pathlib import Path


def cache_of(folder: Path) -> Path:
    """Where compiled code is kept: a place for each state of all the sources of the package.

    numba looks at the file of a function alone, so one that calls into a changed file would go on
    with what was compiled before the change.
    """
    sources = sorted(folder.parent.rglob("*.py"))
    state = blake2b(b"".join(source.read_bytes() for source in sources), digest_size=8)
    return folder / "__pycache__" / f"compiled-{state.hexdigest()}"


# numba reads the name when it is first imported; where the folder cannot be written it finds
# another place by itself.
os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_of(Path(__file__).parent)))

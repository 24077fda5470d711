"""A mapping: a small TOML file that tells what an agency's own file does not."""

import tomllib
from pathlib import Path
from typing import Any, Final

from feeds.submission import FeedError
from feeds.text import regular
from person.authorities import AUTHORITIES

_LARGEST: Final = 1 << 20


def read_toml(path: Path) -> dict[str, Any]:
    """Give what a mapping tells. Raises FeedError naming the line where it is no TOML."""
    if regular(path).stat().st_size > _LARGEST:
        raise FeedError(path.name, "", "", f"a mapping of at most {_LARGEST} bytes")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise FeedError(path.name, "", "", f"a readable file ({problem.strerror})") from None
    except RecursionError:
        raise FeedError(path.name, "", "", "TOML nested less deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as broken:
        where = str(broken).rpartition("(at ")[2].rstrip(")") if "(at " in str(broken) else ""
        raise FeedError(path.name, where, "", "TOML, in UTF-8") from None


def authority_in(path: Path) -> str:
    """Give the authority's code where that is all that a mapping tells: ``authority = "201"``."""
    told = read_toml(path)
    code = told.pop("authority", None)
    if told or not isinstance(code, str) or code not in AUTHORITIES:
        expected = 'a known local authority code and nothing else: authority = "201"'
        raise FeedError(path.name, "", "authority", expected)
    return code

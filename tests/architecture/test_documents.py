"""The documents say what is so: what they name exists, links resolve, every dependency is there."""

import re
import tomllib
from collections.abc import Iterator

import click
import pytest

from contactpoint.cli.program import COMMANDS, program
from feeds.catalogue import FEEDS
from tests.architecture.tree import FOLDERS, PACKAGES, ROOT, documents, home_of

NAMED = re.compile(r"(?<![\w./-])contactpoint ((?:[a-z][a-z-]* ?){1,2})")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TEST = re.compile(r"\b(test_\w+)\b(?!\.py)")
MODULE = re.compile(r"`((?:" + "|".join(PACKAGES) + r")(?:\.\w+)+)`")
# Files under feeds/ are not only ours: examples invent a population into a folder of that name.
FOLDER = "|".join(re.escape(name) for name in FOLDERS if name != "feeds")
FILE = re.compile(rf"(?<![\w./-])((?:{FOLDER})/[\w./-]*\w|feeds/\w+\.py)")
COMMAND = re.compile(r"(?<![\w./-])contactpoint ([a-z][^#`\n]*)")
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")
CODE = re.compile(r"```.*?```|`[^`\n]+(?:\n[^`\n]+)?`", re.DOTALL)


def commands(
    group: click.Group = program, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it; groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


KNOWN = dict(commands())
TESTS = {
    name
    for path in ROOT.glob("tests/**/*.py")
    for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("words", KNOWN, ids=" ".join)
def test_a_command_says_what_it_does_and_is_documented(words):
    command = KNOWN[words]
    assert command.get_short_help_str(200), "expected a help text"
    told = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    assert re.search(rf"contactpoint {' '.join(words)}\b", told), "expected it in a document"


def test_every_feed_is_in_the_readme():
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in FEEDS if f"| `{name}` |" not in told] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_commands_that_exist(path):
    unknown = set()
    for code in CODE.findall(path.read_text(encoding="utf-8")):
        for named in NAMED.findall(code):
            first, *second = named.split()
            if first not in COMMANDS or (second and is_wrong(first, second[0])):
                unknown.add(named.strip())
    assert not unknown, f"expected {path.relative_to(ROOT)} to name commands that exist"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_gives_a_command_only_options_that_it_has(path):
    unknown = {
        f"{' '.join(words)} {option}"
        for words, options in typed(path.read_text(encoding="utf-8"))
        for option in options - options_of(KNOWN[words])
    }
    assert not unknown, f"expected {path.relative_to(ROOT)} to name options that exist"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_links_of_a_document_resolve(path):
    broken = [
        target
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if "://" not in target
        and not target.startswith("#")
        and not (path.parent / target.partition("#")[0]).exists()
    ]
    assert broken == [], f"expected the links of {path.relative_to(ROOT)} to lead somewhere"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_tests_modules_and_files_that_exist(path):
    said = path.read_text(encoding="utf-8")
    unknown = (
        {name for name in TEST.findall(said) if name not in TESTS}
        | {name for name in MODULE.findall(said) if not is_there(name)}
        | {name for name in FILE.findall(said) if not (ROOT / name).exists()}
    )
    assert not unknown, f"expected {path.relative_to(ROOT)} to name what exists"


def test_every_dependency_has_its_reason():
    told = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"].values()
    stated = [*project["project"]["dependencies"], *(one for group in groups for one in group)]
    names = {re.split(r"[\[<>=~!; ]", one)[0] for one in stated}
    assert sorted(name for name in names if f"| `{name}`" not in told) == []


def typed(said: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command in the code of a document, by its words, and the options that it is given."""
    for code in CODE.findall(said):
        # Within a paragraph a line ends anywhere; within a block a command ends with it.
        lines = code.splitlines() if code.startswith("```") else [code.replace("\n", " ")]
        for line in COMMAND.findall("\n".join(lines)):
            prefixes = (tuple(line.split()[:length]) for length in (3, 2, 1))
            words = next((one for one in prefixes if one in KNOWN), None)
            if words:
                yield words, set(OPTION.findall(line))


def options_of(command: click.Command) -> set[str]:
    """Every option that a command takes."""
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {
        "--help"
    }


def is_wrong(first: str, second: str) -> bool:
    """Whether the second word names no command of the group that the first one is."""
    return isinstance(KNOWN[first,], click.Group) and (first, second) not in KNOWN


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a package, a module, or a name written in one."""
    package, *rest = dotted.split(".")
    place = home_of(package)
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    if not rest:
        return True
    module = place / f"{rest[0]}.py"
    if not module.exists():
        return False
    return all(re.search(rf"\b{name}\b", module.read_text(encoding="utf-8")) for name in rest[1:])

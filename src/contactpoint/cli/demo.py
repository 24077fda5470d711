"""The tour: an invented night of three agencies, loaded, linked, asked, erased and rebuilt."""

import csv
import os
import shlex
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import click

CHILDREN = 1_500
SEED = 7


@click.command()
@click.option("--children", type=click.IntRange(50), default=CHILDREN, show_default=True)
def demo(children: int) -> None:
    """Take the tour, in a folder of its own; under two minutes."""
    folder = Path(tempfile.mkdtemp(prefix="contactpoint-demo-"))
    os.environ["CONTACTPOINT_HOME"] = str(folder / "home")
    feeds = folder / "feeds"
    click.secho("contactpoint: who is this child, and who else is working with them?", bold=True)
    click.echo(f"The tour lives in {folder}; every child in it is invented.\n")
    _tell("Three agencies' systems, two nights of files in their official formats:")
    _run("synth", feeds, "--children", children, "--nights", 2, "--seed", SEED)
    _tell("An empty index, and the first night. Each row ends new, changed, unchanged, ...")
    _run("init")
    _run("nightly", feeds / "night-01")
    _run("status")
    links = folder / "links.csv"
    _run("export", "links", links)
    story = _Story(feeds, links)
    _tell("Twins share birth date, family name and home. The index keeps them two children:")
    _run("why", *story.twins())
    _tell("A pair too close to call is not linked; a steward sees why:")
    pairs = folder / "pairs.csv"
    _run("export", "pairs", pairs)
    _run("why", *_first_pair(pairs))
    _tell("The second night brings changes, and an autumn census that arrives late.")
    _tell("What it says is kept; what is newer stays in force:")
    _run("nightly", feeds / "night-02")
    _tell("Who is this child, and who is working with them? A reason is asked, and recorded:")
    number = story.known_to_most()
    _run("child", "show", number, "--reason", "tour: a practitioner's enquiry")
    _tell("A child is erased: the keys are destroyed, and nothing can bring the record back:")
    _run("erase", number, "--yes", "--reason", "tour")
    _run("child", "show", number, "--reason", "tour: is it gone?")
    _tell("Read models are only a belief: made anew from the log, and the log is whole:")
    _run("rebuild")
    _run("verify")
    click.secho("\nWhere to go next", bold=True)
    click.echo(f"  export CONTACTPOINT_HOME={shlex.quote(str(folder / 'home'))}")
    click.echo("  contactpoint child find --name 'FAMILY NAME' --reason 'why you ask'")
    click.echo("  contactpoint review list; contactpoint delivery list; contactpoint doctor")
    click.echo("  README.md has the map, ARCHITECTURE.md the way of one record through the house")


def _tell(text: str) -> None:
    click.secho(f"\n{text}", fg="cyan")


def _run(*words: object) -> None:
    """Show a command as it would be typed, and run it."""
    from contactpoint.cli.program import program

    typed = [str(word) for word in words]
    click.secho(f"$ contactpoint {shlex.join(typed)}", fg="green")
    try:
        program.main(args=typed, prog_name="contactpoint", standalone_mode=False)
    except Exception as error:
        if getattr(error, "exit_code", None) is None:
            raise
        click.echo(f"contactpoint: {error}")


class _Story:
    """Children worth showing, found in the truth that the invented feeds come with."""

    def __init__(self, feeds: Path, links: Path) -> None:
        self._truth = _table(feeds / "truth.csv")
        self._persons = _table(feeds / "persons.csv")
        self._children = {(row["source"], row["record_id"]): row["child"] for row in _table(links)}
        self._records: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in self._truth:
            record = row["source"], row["record_id"]
            if record in self._children:
                self._records[row["person"]].append(record)

    def twins(self) -> tuple[str, str]:
        """A twin in one source and the other twin in another, with different forenames."""
        from contactpoint.cli.session import opened
        from contactpoint.explaining import why

        with opened() as store:
            for left, right in self._pairs_of_twins():
                found = why(store.queries, store.master, store.model, left, right)
                if found is None:
                    continue
                levels = {part.field: part.level for part in found.weight.parts}
                if levels["given"] == "DIFFERENT" and levels["birth"] == "EXACT":
                    return left, right
        raise click.ClickException("no twins were invented; try more --children")

    def _pairs_of_twins(self) -> Iterator[tuple[str, str]]:
        born = defaultdict(list)
        for row in self._persons:
            born[row["family"], row["born"]].append(row["person"])
        for persons in born.values():
            for one, other in combinations(persons, 2):
                for left, right in product(self._records[one], self._records[other]):
                    if left[0] != right[0]:
                        yield ":".join(left), ":".join(right)

    def known_to_most(self) -> str:
        """The number of the child whom most sources hold records of."""
        sources: dict[str, set[str]] = defaultdict(set)
        for (source, _), child in self._children.items():
            if child:
                sources[child].add(source)
        return max(sorted(sources), key=lambda child: len(sources[child]))


def _first_pair(pairs: Path) -> tuple[str, str]:
    rows = [row for row in _table(pairs) if row["decision"] == "review"]
    if not rows:
        raise click.ClickException("no pair was referred; try more --children")
    first = rows[0]
    return (
        f"{first['source_a']}:{first['record_id_a']}",
        f"{first['source_b']}:{first['record_id_b']}",
    )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

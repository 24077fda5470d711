"""The tour: an invented night of three agencies, loaded, linked, asked, erased and rebuilt."""

import os
import shlex
import shutil
import sys
import tempfile
import textwrap
import time
from contextlib import redirect_stdout
from pathlib import Path

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_json

CHILDREN = 1_500
SEED = 7
WIDTH = 96
OURS = ("CONTACTPOINT_HOME", "CONTACTPOINT_TOKEN", "CONTACTPOINT_SECOND_TOKEN")
"""Variables that say which index, and who acts; the tour has its own."""


@click.command(epilog=examples("demo", "demo --children 300"))
@click.option(
    "--children",
    type=click.IntRange(50),
    default=CHILDREN,
    show_default=True,
    help="How many children are invented.",
)
@json_option
def demo(children: int, as_json: bool) -> None:
    """Take the tour, in under two minutes.

    It lives in a folder of its own. Everything that it runs is a command that you can type. With
    --json the tour itself goes to standard error.
    """
    folder = Path(tempfile.mkdtemp(prefix="contactpoint-demo-"))
    began = time.monotonic()
    before = {name: os.environ.pop(name, None) for name in OURS}
    os.environ["CONTACTPOINT_HOME"] = str(folder / "home")
    try:
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            _tour(folder, children, began)
    finally:
        del os.environ["CONTACTPOINT_HOME"]
        os.environ.update({name: value for name, value in before.items() if value is not None})
    if as_json:
        print_json(
            {
                "home": str(folder / "home"),
                "feeds": str(folder / "feeds"),
                "seconds": round(time.monotonic() - began, 1),
            }
        )


def _tour(folder: Path, children: int, began: float) -> None:
    from contactpoint.cli.story import Story

    feeds = folder / "feeds"
    click.secho("contactpoint: who is this child, and who else is working with them?", bold=True)
    click.echo(f"The tour lives in {folder}. Every child in it is invented.")

    _chapter(
        "1. A night's files",
        "Health, schools and social care each know a child under a number of their own, and spell "
        "them as they like. Here are two nights of their files, in the official formats.",
    )
    _run("synth", feeds, "--children", children, "--nights", 2, "--seed", SEED)

    _chapter(
        "2. The first night is loaded and linked",
        "Every row ends as new, changed, unchanged, out of scope, held or rejected. Records are "
        "encrypted into a log, and those of one child get one number.",
    )
    _run("init")
    _run("nightly", feeds / "night-01")
    _run("status")

    story = Story(feeds)
    twins = story.twins()
    _chapter(
        "3. Twins stay two children",
        "Two children of one birth date, family name and home, each known to another agency: most "
        "matchers make them one. Here they have two numbers, and the waterfall says why: all that "
        "twins share weighs little, and no forename is in common.",
    )
    if twins is None:
        _missing("no such twins were invented")
    else:
        _run("child", "find", twins.family, "--dob", twins.born, "--reason", "tour: the twins")
        _run("why", *twins.records)

    _chapter(
        "4. A pair too close to call is referred",
        "Where the evidence does not suffice, nothing is linked: a steward sees both records and "
        "how much each field adds to the weight. Here is one near even odds, which | marks: "
        "+ speaks for one child, - for two.",
    )
    pair = story.closest_pair()
    if pair is None:
        _missing("no pair was referred")
    else:
        _run("review", "list", "--limit", 3)
        _run("review", "show", pair, "--reason", "tour: the queue of today")

    _chapter(
        "5. The second night, with a late file",
        "Changes of a day, and an autumn census that arrives after the spring one. Where it says "
        "something else (changed, below), that is kept in the log under its own date, and "
        "overwrites nothing newer.",
    )
    _run("nightly", feeds / "night-02")
    late = story.late_delivery()
    if late is None:
        _missing("no file came late")
    else:
        _run("delivery", "show", late)

    number = story.known_to_most()
    _chapter(
        "6. A practitioner asks",
        "Who is this child, and who is working with them? A reason is required, and the look is on "
        "record before the answer.",
    )
    _run("child", "show", number, "--reason", "tour: a practitioner's enquiry")

    _chapter(
        "7. A child is erased",
        "The log is never edited. The keys of the child's records are destroyed, and with them "
        "every trace outside the log.",
    )
    _run("erase", number, "--yes", "--reason", "tour")
    _run("child", "show", number, "--reason", "tour: is it gone?")

    _chapter(
        "8. Everything is made anew from the log",
        "Read models are only a belief: here they are thrown away and folded again, and the log "
        "is walked for anything changed.",
    )
    _run("rebuild")
    _run("verify")

    click.secho(f"\nWhere to go next  ({time.monotonic() - began:.0f} s so far)", bold=True)
    if shutil.which("contactpoint") is None:
        click.echo(f"  export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    click.echo(f"  export CONTACTPOINT_HOME={shlex.quote(str(folder / 'home'))}")
    click.echo("  contactpoint child find FAMILY-NAME --reason 'why you ask'")
    click.echo("  contactpoint review list; contactpoint delivery list; contactpoint doctor")
    click.echo("  contactpoint --help       all commands; each has an example in its own --help")
    click.echo("  README.md has the map, ARCHITECTURE.md the way of one record through the house")


def _chapter(title: str, text: str) -> None:
    click.secho(f"\n{title}", fg="cyan", bold=True)
    click.secho(textwrap.fill(text, WIDTH), fg="cyan")


def _missing(what: str) -> None:
    """Say why a chapter shows nothing: few children hold few stories."""
    click.secho(f"{what}: more --children have more to show", fg="yellow")


def _run(*words: object) -> None:
    """Show a command as it would be typed, and run it."""
    from contactpoint.cli.program import program

    typed = [str(word) for word in words]
    click.secho(f"\n$ contactpoint {' '.join(map(_quoted, typed))}", fg="green")
    try:
        program.main(args=typed, prog_name="contactpoint", standalone_mode=False)
    except Exception as error:
        if getattr(error, "exit_code", None) is None:
            raise
        click.echo(f"contactpoint: {error}")


def _quoted(word: str) -> str:
    """A word as a person quotes it for the shell."""
    quoted = shlex.quote(word)
    return f'"{word}"' if quoted != word and not set(word) & set('"$`\\!') else quoted

"""Commands about sources: source add, list, show."""

import click
import msgspec

from contactpoint.cli.command import FEED, Within, examples, json_option, nearest
from contactpoint.cli.output import print_facts, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.group()
def source() -> None:
    """The agencies' systems that send deliveries."""


@source.command("list", epilog=examples("source list"))
@token_option
@json_option
def list_(as_json: bool) -> None:
    """List the registered sources."""
    with opened(Act.SOURCES) as store:
        known = sorted(store.sources.registry().sources.values(), key=lambda one: one.source)
    if as_json:
        print_json([msgspec.to_builtins(one) for one in known])
        return
    if not known:
        say("no source is registered; the first 'contactpoint load' of one adds it")
        return
    print_table(
        ("source", "feed", "cadence", "one record each", "guard", "added by"),
        [
            (
                one.source,
                one.feed,
                one.cadence,
                one.one_record_each,
                f"{one.guard_share:.0%}",
                "first load" if one.automatic else "source add",
            )
            for one in known
        ],
    )


@source.command(epilog=examples("source show schools"))
@click.argument("name")
@token_option
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the settings of the source called NAME."""
    from contactpoint.errors import NotFoundError

    with opened(Act.SOURCES) as store:
        known = store.sources.registry().sources
    if name not in known:
        raise NotFoundError(f"no source {name!r}{nearest(name, list(known))}")
    found = known[name]
    facts = msgspec.structs.asdict(found)
    if as_json:
        print_json(facts | {"fields": msgspec.to_builtins(found.fields)})
    else:
        facts["fields"] = ", ".join(f"{field.name} ({field.kind})" for field in found.fields)
        print_facts({key.replace("_", " "): value for key, value in facts.items()})


@source.command(
    epilog=examples(
        "source add schools --feed school.census --cadence termly",
        "source add clinic --feed csv --verified nhs --guard-share 0.1",
    )
)
@click.argument("name")
@click.option(
    "--feed", "feed_name", type=FEED, required=True, help="Official format that it sends."
)
@click.option("--cadence", help="How often it sends: daily, termly or yearly.")
@click.option(
    "--one-record-each/--many-records",
    default=None,
    help="Whether it holds at most one record of a child.",
)
@click.option(
    "--dual-registration/--no-dual-registration",
    default=None,
    help="Whether a child may be on roll at two of its establishments.",
)
@click.option(
    "--verified",
    multiple=True,
    type=click.Choice(["nhs", "upn", "la-child", "uln"]),
    help="Numbers that it verifies; may be given again.",
)
@click.option(
    "--guard-share",
    type=Within(0, 1),
    help="A file is held that would withdraw or rename more than this share of its records.",
)
@click.option("--oldest", type=click.IntRange(0, 150), help="Age from which rows are out of scope.")
@click.option("--any-age", is_flag=True, help="No limit of age.")
@token_option
@json_option
def add(name: str, feed_name: str, any_age: bool, as_json: bool, **stated: object) -> None:
    """Register the source called NAME, or state its settings anew.

    What is not said is the feed's. A NAME has up to 100 printable characters, colons among them,
    and no blanks at its ends.
    """
    from contactpoint.sources import named, registration
    from feeds.catalogue import FEEDS

    changes = {key: value for key, value in stated.items() if value not in (None, ())}
    if any_age:
        changes["oldest"] = None
    made = registration(named(name), feed_name, FEEDS[feed_name].settings)
    with opened(Act.ADD_SOURCE) as store:
        changed = store.sources.register(
            msgspec.structs.replace(made, **changes), store.origin("source add")
        )
    if as_json:
        print_json({"source": name, "changed": changed})
    else:
        say(f"{name}: {'registered' if changed else 'known so already; nothing was changed'}")

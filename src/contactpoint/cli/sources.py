"""Commands about sources: source add, list, show."""

import click
import msgspec

from contactpoint.cli.output import json_option, print_facts, print_json, print_table, say
from contactpoint.cli.session import opened


@click.group()
def source() -> None:
    """The agencies' systems that send deliveries, and how each is taken."""


@source.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the registered sources."""
    with opened() as store:
        known = sorted(store.sources.registry().sources.values(), key=lambda one: one.source)
    if as_json:
        print_json([msgspec.to_builtins(one) for one in known])
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


@source.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show one source's settings."""
    with opened() as store:
        found = store.sources.get(name)
    facts = msgspec.structs.asdict(found)
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@source.command()
@click.argument("name")
@click.option("--feed", "feed_name", required=True)
@click.option("--cadence", help="daily, termly or yearly.")
@click.option("--one-record-each/--many-records", default=None)
@click.option("--dual-registration/--no-dual-registration", default=None)
@click.option("--verified", multiple=True, help="Identifier system that the source verifies.")
@click.option("--guard-share", type=click.FloatRange(0, 1), help="Share that holds a file.")
@click.option("--oldest", type=click.IntRange(0, 150), help="Age from which rows are out of scope.")
@click.option("--any-age", is_flag=True, help="No limit of age.")
@json_option
def add(name: str, feed_name: str, any_age: bool, as_json: bool, **stated: object) -> None:
    """Register a source, or state its settings anew."""
    from contactpoint.errors import UsageError
    from contactpoint.sources import registration
    from feeds.catalogue import FEEDS

    if feed_name not in FEEDS:
        raise UsageError(f"no feed {feed_name!r}; there are {', '.join(FEEDS)}")
    changes = {key: value for key, value in stated.items() if value not in (None, ())}
    if any_age:
        changes["oldest"] = None
    made = registration(name, feed_name, FEEDS[feed_name].settings)
    with opened() as store:
        changed = store.sources.register(
            msgspec.structs.replace(made, **changes), store.origin("source add")
        )
    if as_json:
        print_json({"source": name, "changed": changed})
    else:
        say(f"{name}: {'registered' if changed else 'known so already; nothing was changed'}")

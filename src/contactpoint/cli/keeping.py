"""Commands that keep an index over years: backup, restore, migrate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import many, print_facts, print_json, progress, say
from contactpoint.cli.session import given, opened, token_option
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.keeping.restoring import Restored
    from contactpoint.settings import Settings

FOLDER = click.Path(path_type=Path, file_okay=False)
THERE = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command(epilog=examples("backup /mnt/backup --keys /mnt/backup-of-keys"))
@click.argument("dest", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Folder for the copy of the keys.  [default: DEST]")
@token_option
@json_option
def backup(dest: Path, keys: Path | None, as_json: bool) -> None:
    """Back up the index into new folders of DEST.

    Loads, links and readers go on meanwhile. The log, the record of access and the models go into
    NAME.index, the keys into NAME.keys, best on a disk of its own: copies of the keys that are
    older than CONTACTPOINT_BACKUP_DAYS are removed there, so that what was erased is gone for
    good. The master key is in neither. Administrators only.
    """
    from time import monotonic

    from contactpoint.keeping.dates import note

    begun = monotonic()
    with opened(Act.BACK_UP) as store, progress("copying", wanted=not as_json):
        taken = store.backing_up.take(dest.absolute(), (keys or dest).absolute())
        note(store.settings, "backup")
    index, copied = taken.index.manifest, taken.keys.manifest
    told: dict[str, Any] = {
        "backup": index.name,
        "index": str(taken.index.folder),
        "keys": str(taken.keys.folder),
        **index.figures,
        "position": index.ends["log"].position,
        "subject_keys": copied.figures["keys"],
        "bytes": taken.index.size + taken.keys.size,
        "expired": [str(path) for path in taken.expired],
        "seconds": round(monotonic() - begun, 1),
    }
    if as_json:
        print_json(told)
    else:
        print_facts(told, title="backed up")


@click.command(
    epilog=examples(
        "restore /mnt/backup --keys /mnt/backup-of-keys --drill",
        "restore /mnt/backup/20260115T020000Z.index --keys /mnt/backup-of-keys",
        "restore /mnt/backup --check",
        "restore --put-back",
    )
)
@click.argument("source", type=THERE, required=False)
@click.option("--keys", type=THERE, help="Folder with the copies of the keys.  [default: SOURCE's]")
@click.option("--check", is_flag=True, help="Only look whether the files are as they were written.")
@click.option("--drill", is_flag=True, help="Restore beside the index, compare, throw away.")
@click.option("--replace", is_flag=True, help="Also in place of an index that stands there.")
@click.option("--put-back", is_flag=True, help="No SOURCE: other tools have put it back already.")
@click.option(
    "--without-ledger",
    is_flag=True,
    help="Restore although a ledger of erasures or shields is missing: what was erased or hidden "
    "since may come back.",
)
@token_option
@json_option
def restore(  # noqa: PLR0913, PLR0917 - the options of the command
    source: Path | None,
    keys: Path | None,
    check: bool,
    drill: bool,
    replace: bool,
    put_back: bool,
    without_ledger: bool,
    as_json: bool,
) -> None:
    """Restore the index from a backup.

    SOURCE is a folder NAME.index, or the folder in which such lie: then the newest. The master key
    and the checkpoints have to be where the settings say. The backup is tried whole before it is
    put in place: files, chain, checkpoints, figures. What was erased since is erased again, and
    who was shielded since is shielded. --put-back does all of that but the copying, where the
    databases' own tools have done it. Stop the service first. Administrators only: of the index
    that is restored.
    """
    from time import monotonic

    from contactpoint.errors import UsageError
    from contactpoint.settings import from_environment

    if check + drill + replace + put_back > 1:
        raise UsageError("expected one of --check, --drill, --replace and --put-back")
    if (source is None) is not put_back:
        raise UsageError("SOURCE: expected a folder that backup made, or --put-back without one")
    begun, settings = monotonic(), from_environment(given())
    with progress("restoring", wanted=not as_json):
        if source is None:
            told, title = _put_back(settings, without_ledger=without_ledger), "agrees again"
        elif check:
            told, title = _checked(settings, source, keys), "whole"
        else:
            options = {"without_ledger": without_ledger, "drill": drill, "replace": replace}
            told = _restored(settings, source, keys, **options)
            title = "drilled" if drill else "restored"
    told["seconds"] = round(monotonic() - begun, 1)
    if as_json:
        print_json(told)
        return
    print_facts(told, title=title)
    _say_missing(told)


def _put_back(settings: "Settings", *, without_ledger: bool) -> dict[str, Any]:
    from contactpoint.keeping.put_back import settle

    return _told(settle(settings, without_ledger=without_ledger))


def _checked(settings: "Settings", source: Path, keys: Path | None) -> dict[str, Any]:
    from contactpoint.keeping.restoring import find
    from events.master import MasterKey

    halves = find(source.absolute(), keys, MasterKey.load(settings.master_key))
    for half in halves:
        half.check()
    return {"backup": halves[0].manifest.name, **halves[0].manifest.figures}


def _restored(  # noqa: PLR0913 - the options of the command
    settings: "Settings",
    source: Path,
    keys: Path | None,
    *,
    without_ledger: bool,
    drill: bool,
    replace: bool,
) -> dict[str, Any]:
    from contactpoint.keeping.dates import note
    from contactpoint.keeping.restoring import Restoring, find
    from events.master import MasterKey

    halves = find(source.absolute(), keys, MasterKey.load(settings.master_key))
    restoring = Restoring(settings, *halves, without_ledger=without_ledger)
    if not drill:
        return _told(restoring.restore(replace=replace))
    done = restoring.drill()
    note(settings, "drill")
    return _told(done)


def _told(done: "Restored") -> dict[str, Any]:
    return {
        "backup": done.name,
        "taken": as_time(done.made or None),
        "keys": done.keys,
        **done.figures,
        "position": done.position,
        "missing": done.missing,
        "last_missing": as_time(done.last_missing or None),
        "missing_accesses": done.missing_accesses,
        "erased_again": done.erased,
        "shielded_again": done.shielded,
        "unchecked": list(done.unchecked),
    }


def _say_missing(told: dict[str, Any]) -> None:
    """Say what is lost: an operator must not have to ask."""
    if told.get("missing"):
        say(
            f"missing: {many(told['missing'], 'event')} after position {told['position']:,}, the "
            f"last known of {told['last_missing']}; send the files of that time again"
        )
    if told.get("missing_accesses"):
        say(f"missing: {told['missing_accesses']:,} entries of the record of access since")


@click.command(epilog=examples("migrate --check", "migrate"))
@click.option("--check", is_flag=True, help="Say only what would be done; exit 1 where anything.")
@token_option
@json_option
def migrate(check: bool, as_json: bool) -> int:
    """Bring the tables of the read models to this version.

    In place where a migration is written for it; otherwise it says that a rebuild is needed, and
    exits with 1. Events are never migrated. Stop the service first. Administrators only.
    """
    from projections.database import writing
    from projections.migrating import Migrations
    from projections.schema import VERSION, version

    migrations = Migrations()
    with opened(Act.MIGRATE) as store, store.log.lock("rebuild"), writing(store.read) as connection:
        found, ahead = version(connection), migrations.steps(connection)
        if ahead and not check:
            migrations.run(connection)
    told = {"found": found, "wanted": VERSION, "steps": ahead, "done": not check or not ahead}
    if as_json:
        print_json(told)
    elif not ahead:
        say(f"the read models are of version {VERSION}")
    else:
        what = "to do" if check else "done"
        say(f"from version {found} to {VERSION}, {what}: {', '.join(ahead)}")
    return 1 if check and ahead else 0

"""Brings the tables of read models to this program's version, in place, revision by revision."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from projections.schema import READ_SCHEMA, VERSION, version

FOLDER = Path(__file__).parent / "migrations"


class RebuildNeededError(Exception):
    """The tables cannot be changed in place: what they lack is in the log alone."""

    def __init__(self, found: str, wanted: str = VERSION) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(
            f"from version {found} to {wanted} the read models have to be made anew: "
            "'contactpoint rebuild' does so, beside the old ones"
        )


class Migrations:
    """The revisions of a folder, up to the version that is wanted."""

    def __init__(self, folder: Path = FOLDER, wanted: str = VERSION) -> None:
        self.wanted = wanted
        self._scripts = ScriptDirectory(str(folder))

    def steps(self, connection: sa.Connection) -> list[str]:
        """The revisions that are still to be gone through, in their order.

        Raises RebuildNeededError where one of them, or what stands there, cannot be in place.
        """
        found = version(connection)
        if found in (None, self.wanted):
            return []
        known = {script.revision for script in self._scripts.walk_revisions()}
        if found not in known or found > self.wanted:
            raise RebuildNeededError(str(found), self.wanted)
        ahead = list(self._scripts.iterate_revisions(self.wanted, found))[::-1]
        if any(getattr(script.module, "REBUILD", False) for script in ahead):
            raise RebuildNeededError(str(found), self.wanted)
        return [script.revision for script in ahead]

    def run(self, connection: sa.Connection) -> None:
        """Go through the revisions in the transaction of this connection: all of them, or none."""

        def upgrade(reached: Any, _: Any) -> Any:
            return self._scripts._upgrade_revs(self.wanted, reached)

        made = EnvironmentContext(Config(), self._scripts, fn=upgrade, destination_rev=self.wanted)
        with made as environment:
            environment.configure(connection=connection, version_table=READ_SCHEMA.name)
            environment.run_migrations()

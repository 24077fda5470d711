"""Which version of the read models' tables stands in a database, and which this program reads."""

import sqlalchemy as sa

VERSION = "0006"
"""The newest revision in ``projections.migrations``; a test holds the tables equal to it."""
NONE = "none"
"""The version of tables from before there were versions."""

metadata = sa.MetaData()
READ_SCHEMA = sa.Table(
    "read_schema", metadata, sa.Column("version_num", sa.String(32), primary_key=True)
)
"""One row; the name of the column is alembic's."""


class SchemaError(Exception):
    """The tables of the read models are of another version than this program reads."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"the read models have tables of version {found}, and this program reads {VERSION}; "
            "'contactpoint migrate' brings them there, or says that 'contactpoint rebuild' has to"
        )


def version(connection: sa.Connection) -> str | None:
    """The version of the tables that stand there; None where there are none at all."""
    inspector = sa.inspect(connection)
    if inspector.has_table(READ_SCHEMA.name):
        found = connection.execute(sa.select(READ_SCHEMA.c.version_num)).scalar()
        return NONE if found is None else str(found)
    return NONE if inspector.has_table("projection") else None


def check(engine: sa.Engine) -> str | None:
    """The version of the tables that stand there. Raises SchemaError where it is another one."""
    with engine.connect() as connection:
        found = version(connection)
    if found not in (None, VERSION):
        raise SchemaError(str(found))
    return found


def stamp(connection: sa.Connection) -> None:
    """Write that the tables are of this program's version."""
    metadata.create_all(connection)
    connection.execute(READ_SCHEMA.delete())
    connection.execute(READ_SCHEMA.insert().values(version_num=VERSION))

"""The tables of read models by revisions: the newest is what the program makes, anywhere."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from projections import schema
from projections.database import writing
from projections.migrating import FOLDER, Migrations, RebuildNeededError
from projections.positions import metadata as positions
from projections.projector import READ_MODELS, Projector
from tests.projections.fake_log import FakeLog

NEXT = f"{int(schema.VERSION) + 1:04}"
WIDEN = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{schema.VERSION}"


def upgrade():
    op.add_column("projection", sa.Column("colour", sa.Text()))
"""
FAIL = WIDEN + '    raise RuntimeError("half way")\n'
ANEW = f"""
revision, down_revision, REBUILD = "{NEXT}", "{schema.VERSION}", True
"""


def revisions(tmp_path, text):
    """The revisions of the program, and one more."""
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    for path in (FOLDER / "versions").glob("r*.py"):
        (folder / path.name).write_text(path.read_text())
    (folder / f"r{NEXT}_more.py").write_text(text)
    return Migrations(folder.parent, NEXT)


def columns(engine):
    with engine.connect() as connection:
        return {one["name"] for one in sa.inspect(connection).get_columns("projection")}


def prepared(engine):
    Projector(FakeLog(), engine).prepare()
    return engine


def test_all_revisions_make_the_tables_that_the_program_makes(engine):
    with writing(engine) as connection:
        Migrations().run(connection)
    made = sa.MetaData()
    for metadata in (positions, schema.metadata, *(model.metadata for model in READ_MODELS)):
        for table in metadata.sorted_tables:
            table.to_metadata(made)
    with engine.connect() as connection:
        assert schema.version(connection) == schema.VERSION
        assert compare_metadata(MigrationContext.configure(connection), made) == []


def test_the_program_reads_the_newest_revision():
    assert ScriptDirectory(str(FOLDER)).get_heads() == [schema.VERSION]


def test_new_tables_are_of_the_newest_version_and_leave_nothing_to_do(engine):
    with prepared(engine).connect() as connection:
        assert schema.version(connection) == schema.VERSION
        assert Migrations().steps(connection) == []
    assert schema.check(engine) == schema.VERSION


def test_a_revision_that_is_written_is_gone_through_in_place(engine, tmp_path):
    migrations = revisions(tmp_path, WIDEN)
    with writing(prepared(engine)) as connection:
        assert migrations.steps(connection) == [NEXT]
        migrations.run(connection)
    assert "colour" in columns(engine)
    with pytest.raises(schema.SchemaError, match=rf"version {NEXT}.*'contactpoint migrate'"):
        prepared(engine)


def test_a_revision_that_fails_half_way_leaves_all_as_it_was(engine, tmp_path):
    migrations = revisions(tmp_path, FAIL)
    with pytest.raises(RuntimeError), writing(prepared(engine)) as connection:
        migrations.run(connection)
    assert "colour" not in columns(engine)
    assert schema.check(engine) == schema.VERSION


@pytest.mark.parametrize("found", ["before versions", "a newer program", "what the log knows"])
def test_tables_that_cannot_be_changed_in_place_want_a_rebuild(engine, tmp_path, found):
    migrations = Migrations()
    with writing(prepared(engine)) as connection:
        if found == "before versions":
            schema.READ_SCHEMA.drop(connection)
        if found == "a newer program":
            connection.execute(schema.READ_SCHEMA.update().values(version_num="0009"))
        if found == "what the log knows":
            migrations = revisions(tmp_path, ANEW)
        with pytest.raises(RebuildNeededError, match="'contactpoint rebuild'"):
            migrations.steps(connection)

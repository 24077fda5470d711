import pytest

from feeds.submission import FeedError
from person.identifiers import Identifier

FEED = "csv"


@pytest.fixture
def table(read, samples):
    return read(FEED, samples / "table.csv")


@pytest.fixture
def told(read, samples, tmp_path):
    def read_with(change=lambda text: text, table=None):
        mapping = tmp_path / "table.toml"
        mapping.write_text(change((samples / "table.toml").read_text()))
        path = tmp_path / "mapped.csv"
        path.write_text(table or (samples / "mapped.csv").read_text())
        return read(FEED, path, mapping)

    return read_with


def test_columns_with_our_own_names_bind_to_themselves(table):
    first = table.submissions["1"].particulars
    assert (first.birth.value, first.addresses[0].postcode) == ("2014-05-09", "SE15 3QN")
    assert (first.births, first.birth_order) == (2, 1)
    assert first.identifiers == (
        Identifier("nhs", "9000000009", "verified"),
        Identifier("upn", "K801200024001"),
    )


def test_wrong_values_are_remarks_and_pseudo_postcodes_and_reasons_are_missing(table):
    assert set(table.remarks("2")) == {("DATE-IMPOSSIBLE", "dob"), ("NHS-CHECK", "nhs")}
    assert table.submissions["2"].particulars.addresses == ()


def test_a_row_without_key_without_identity_or_with_other_cells_is_rejected(table):
    assert table.faults == [("KEY", 4), ("NO-IDENTITY", 5), ("CELLS", 6)]


def test_a_column_that_is_not_bound_is_counted(table):
    assert table.reading.dropped == {"notes": 1}


def test_a_mapping_binds_their_columns_and_tells_how_the_source_behaves(told):
    read = told()
    row = read.submissions["7"]
    assert (row.scope, row.particulars.birth.value) == ("2012345", "2013-03-07")
    assert row.particulars.identifiers[0].status == "verified"
    assert read.reading.mode == "snapshot"
    assert (read.reading.settings.one_record_each, read.reading.settings.oldest) == (True, 19)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("given =", "givn ="), r"\[columns\], givn: expected 'given'"),
        (lambda text: text.replace("[feed]", "[fed]"), "fed: expected 'feed'"),
        (lambda text: text.replace('key = "Pupil ID"', ""), "key: expected the column"),
        (lambda text: text.replace('"Forename"', '"First"'), "First: expected a column"),
        (lambda text: text.replace("snapshot", "snap"), r"\[feed\], mode"),
        (lambda text: text.replace("= 19", '= "old"'), r"\[settings\], oldest"),
        (lambda text: text.replace('";"', '";;"'), "delimiter"),
        (lambda text: text + '[fields.rank]\ncolumn="R"\nkind="number"\n', "not supported yet"),
        (lambda text: text + '[fields.rank]\ncolumn="R"\nkind="colour"\n', "exact, name, text"),
        (lambda text: text + "[", "TOML"),
    ],
)
def test_a_mapping_that_is_none_is_refused_and_says_what_would_be_right(told, change, message):
    with pytest.raises(FeedError, match=message):
        told(change)


def test_a_wrong_control_total_refuses_the_file(told, samples):
    for table in ("TRAILER;2", ""):
        with pytest.raises(FeedError, match="control total of 1 rows"):
            told(table=(samples / "mapped.csv").read_text().replace("TRAILER;1", table))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("given,family\nZoe,Obi\n", "key"),
        ("key,given,Given\n1,a,b\n", "column 3"),
        ("key,colour\n1,red\n", "columns that the mapping"),
        ("", "empty"),
        ('key,given\n1,"' + "x" * 200_000, "cells below"),
    ],
)
def test_a_table_that_cannot_be_bound_is_refused_whole(read, tmp_path, text, where):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(FeedError, match=where):
        read(FEED, path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_usual_encodings_read_alike(read, samples, tmp_path, table, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes((samples / "table.csv").read_text().encode(encoding))
    assert read(FEED, path).rows == table.rows

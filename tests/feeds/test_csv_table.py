import re

import pytest

from feeds.csv_mapping import COLUMNS
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer, Particulars
from person.places import Address

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
        (lambda text: text.replace("snapshot", "snap"), "expected snapshot or delta"),
        (lambda text: text.replace("[settings]", "[settings]\nguard_share = nan"), "from 0 to 1"),
        (lambda text: text.replace("[settings]", "[settings]\nguard_share = -1"), "guard_share"),
        (lambda text: text.replace("= 19", "= 9999"), r"\[settings\], oldest"),
        (lambda text: text.replace("[feed]", "[feed]\nskip = -1"), r"\[feed\], skip"),
        (lambda text: re.sub('dates = ".*"', 'dates = "%H"', text), "day, month and year"),
        (lambda text: text.replace('";"', "'\"'"), "delimiter"),
        (lambda text: 'fields = "x"\n' + text, r"\[fields\]: expected a table"),
        (lambda text: text + "x = " + "[" * 100_000, "nested less deeply"),
        (lambda text: text + "#" * 1_100_000, "at most 1048576 bytes"),
    ],
)
def test_a_mapping_that_is_none_is_refused_and_says_what_would_be_right(told, change, message):
    with pytest.raises(FeedError, match=message):
        told(change)


EVERY = {
    "given": "Ada", "middle": "Bea Cee", "family": "Obi", "former_family": "Ray",
    "preferred_family": "Moe", "alias": "Addie Obi", "dob": "2015-01-02", "expected_dob": "",
    "sex": "F", "postcode": "SE15 3QN", "address": "1 High St", "town": "London",
    "phone": "01632 960587", "email": "a@example.com", "nhs": "900 000 0009", "nhs_status": "1",
    "upn": "K801200024001", "former_upn": "X35640002401A", "guardian_given": "Cy",
    "guardian_family": "Obi", "mother_maiden": "Rue", "mother_nhs": "9000000025", "births": "2",
    "birth_order": "1", "died": "2020-01-01",
}  # fmt: skip


@pytest.mark.parametrize("write", [str, lambda name: f" {name.upper().replace('_', ' ')} "])
def test_every_column_of_the_manual_is_taken_however_it_is_written(read, tmp_path, write):
    path = tmp_path / "t.csv"
    heads, cells = ",".join(map(write, EVERY)), ",".join(EVERY.values())
    path.write_text(f"{write('key')},{heads},\n1,{cells},,,\n , \n")
    table = read(FEED, path)
    (row,) = table.rows
    assert set(EVERY) == set(COLUMNS)
    assert (row.remarks, table.reading.dropped) == ((), {})
    given = ("Ada", "Bea", "Cee")
    assert row.particulars == Particulars(
        names=(
            PersonName(given, "Obi"),
            PersonName(given, "Moe", "preferred"),
            PersonName(given, "Ray", "former"),
            PersonName(("Addie",), "Obi", "alias"),
        ),
        birth=BirthDate("2015-01-02"),
        sex="F",
        addresses=(Address(("1 High St",), "London", "SE15 3QN"),),
        identifiers=(
            Identifier("nhs", "9000000009", "verified"),
            Identifier("upn", "K801200024001"),
            Identifier("upn", "X35640002401A", "former"),
        ),
        phones=("01632960587",),
        emails=("a@example.com",),
        carers=(
            Carer("Cy", "Obi"),
            Carer(relationship="mother", maiden="Rue", nhs="9000000025"),
        ),
        births=2,
        birth_order=1,
        died="2020-01-01",
    )


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("nhs", "0000000000", "NHS-REPEATED"),
        ("nhs", "9999999999", "NHS-REPEATED"),
        ("nhs", "K801200024001", "NHS-FORM"),
        ("nhs", "9000000025", "NHS-MOTHER"),
        ("upn", "9990001006", "1540"),
        ("upn", "K243200024001", "1530"),
        ("upn", "UN1", ""),
        ("upn", "un7", ""),
        ("postcode", "ZZ99 3WZ", ""),
        ("postcode", "ZZ993VZ", ""),
    ],
)
def test_what_only_stands_for_a_value_is_none(read, tmp_path, column, value, rule):
    path = tmp_path / "t.csv"
    path.write_text(f"key,given,mother_nhs,{column}\n1,Ada,9000000025,{value}\n")
    (row,) = read(FEED, path).rows
    assert (row.particulars.identifiers, row.particulars.addresses) == ((), ())
    assert [each.rule for each in row.remarks] == ([rule] if rule else [])
    assert row.particulars.no_known_address is (value == "ZZ993VZ")


def test_a_time_that_is_none_is_no_effective_time(read, tmp_path):
    path = tmp_path / "t.csv"
    times = ("2026-01-02T09:30:00", "2026-01-02T99:30", "2026-01", "02/01/2026", "9999-01-02")
    rows = "".join(f"{number},Ada,{time}\n" for number, time in enumerate(times))
    path.write_text(f"key,given,effective\n{rows}")
    found = [each.effective for each in read(FEED, path).rows]
    assert found == ["2026-01-02T09:30:00", "", "", "2026-01-02", ""]


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

import re

import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.csv_mapping import COLUMNS
from feeds.csv_table import CsvTable
from feeds.submission import FeedError, Settings
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


def field(told, name="rank"):
    """One declared field, as a line of a mapping."""
    return f"[fields.{name}]\n" + told.replace(";", "\n") + "\n"


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
        (
            lambda text: text + field('column="R";kind="number"'),
            "R: expected a column of this name",
        ),
        (lambda text: text + field('kind="number"'), "rank: expected a column of this name"),
        (
            lambda text: text + field('column="R";kind="colour"'),
            "kind: expected one of exact, name",
        ),
        (lambda text: text + field('column="R"'), r"\[fields.rank\], kind: expected one of"),
        (lambda text: text + field('kind="name";colum="R"'), "colum: expected 'column'"),
        (lambda text: text + field('kind="name";column=["R"]'), r"\[fields.rank\], column"),
        (lambda text: text + field('kind="name";column="A";columns=["R"]'), "not both"),
        (lambda text: text + field('kind="date";columns=["A","R"]'), "year, month and day"),
        (lambda text: text + field('kind="name";exchanged_with="given"'), "exchanged_with"),
        (lambda text: text + field('kind="exact"', name="given"), "here or in"),
        (lambda text: text + field('kind="exact"', name="'a b'"), "letters, digits"),
        (lambda text: text + "[fields]\nrank = 'exact'\n", r"\[fields.rank\]"),
        (
            lambda text: text + "".join(field('kind="exact"', f"f{n}") for n in range(16)),
            "at most 15",
        ),
        (lambda text: text + "[", "TOML"),
        (lambda text: text.replace("snapshot", "snap"), "expected snapshot or delta"),
        (lambda text: text.replace("[settings]", "[settings]\nguard_share = nan"), "from 0 to 1"),
        (lambda text: text.replace("[settings]", "[settings]\nguard_share = -1"), "guard_share"),
        (lambda text: text.replace("= 19", "= 9999"), r"\[settings\], oldest"),
        (lambda text: text.replace("[feed]", "[feed]\nskip = -1"), r"\[feed\], skip"),
        (lambda text: re.sub('dates = ".*"', 'dates = "%H"', text), "day, month and year"),
        (lambda text: re.sub('dates = ".*"', 'dates = "%Y"', text), "day, month and year"),
        (lambda text: text.replace('";"', "'\"'"), "delimiter"),
        (lambda text: text.replace('";"', '" "'), r"\[feed\], delimiter"),
        (lambda text: text + field('kind="name";exchanged_with="rank"'), "exchanged_with"),
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


def test_a_table_that_is_parted_otherwise_than_its_mapping_has_it_says_so(told):
    said = r"line 1, delimiter: expected cells parted by ',', as .*; here it is ';'$"
    for delimiter in ("", 'delimiter = ","'):
        with pytest.raises(FeedError, match=said):
            told(lambda text, by=delimiter: text.replace('delimiter = ";"', by))


def test_every_column_that_a_mapping_misspells_is_named_at_once(told):
    def misspelt(text):
        return text.replace('"Pupil ID"', '"Pupil IDD"').replace('"Forename"', '"Frist"')

    with pytest.raises(FeedError, match=r"Pupil IDD, Frist: expected columns .* for key, given$"):
        told(misspelt)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_with_our_own_names_shows_how_its_cells_are_parted(read, tmp_path, delimiter):
    path = tmp_path / "t.csv"
    path.write_text("key,given,dob\n1,Ada,2015-01-02\n".replace(",", delimiter))
    assert recognise(path) is FEEDS[FEED]
    assert read(FEED, path).submissions["1"].particulars.names[0].given == ("Ada",)


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


SHAPED = """
[feed]
key = "id"
dates = "%d %b %Y"
[columns]
given = "first"
family = "last"
[fields]
town = { kind = "text", columns = ["street", "place"] }
born = { kind = "date", columns = ["year", "month", "day"] }
seen = { kind = "date" }
height = { kind = "number" }
"""


@pytest.fixture
def shaped(read, tmp_path):
    def read_with(rows):
        mapping, table = tmp_path / "shaped.toml", tmp_path / "shaped.csv"
        mapping.write_text(SHAPED)
        table.write_text(f"id,first,last,street,place,year,month,day,seen,height,note\n{rows}")
        return read(FEED, table, mapping)

    return read_with


def test_a_table_of_another_shape_declares_its_fields_and_the_columns_of_ours_that_it_has(shaped):
    read = shaped("1,Ada,Obi,1 Mill St,Avon,1956,4,9,02 Mar 2020,1.50,x\n")
    (row,) = read.rows
    assert {one.field: one.value for one in row.particulars.declared} == {
        "town": "1 Mill St Avon", "born": "19560409", "seen": "20200302", "height": "1.5",
        "given": "Ada", "family": "Obi",
    }  # fmt: skip
    assert row.particulars.names == (PersonName(("Ada",), "Obi"),)
    assert read.reading.dropped == {"note": 1}


def test_a_date_stands_in_three_columns_as_far_as_they_follow_each_other(shaped):
    rows = "1,,,,,1956,4,9,,,\n2,,,,,1956,,9,,,\n3,,,,,,4,9,02 Mar 2020,,\n"
    declared = [row.particulars.declared for row in shaped(rows).rows]
    assert [[(one.field, one.value) for one in each] for each in declared] == [
        [("born", "19560409")], [("born", "1956")], [("seen", "20200302")],
    ]  # fmt: skip


def test_a_value_that_is_not_of_its_kind_is_a_remark_and_a_row_without_any_is_rejected(shaped):
    read = shaped("1,Ada,,,,,,,yesterday,tall,\n2,,,,,,,,,,x\n")
    assert set(read.remarks("1")) == {("DATE-FORM", "seen"), ("NUMBER-FORM", "height")}
    assert read.faults == [("NO-IDENTITY", 3)]


def test_names_that_both_stand_in_our_columns_may_have_changed_places(shaped):
    fields = {field.name: field for field in shaped("1,Ada,,,,,,,,,\n").reading.settings.fields}
    assert fields["given"].exchanged_with == "family"
    assert fields["born"].kind == "date"


def rows_of(read, tmp_path, text, mapping=None):
    """What is read of a table, with its line numbers; by a mapping where one is told."""
    table, told = tmp_path / "rows.csv", tmp_path / "rows.toml"
    table.write_bytes(text.encode())
    if mapping is not None:
        told.write_text(mapping)
    return read(FEED, table, told if mapping is not None else None)


def test_what_a_row_says_of_its_place_and_its_record_is_taken(read, tmp_path):
    names = "key,given,scope,effective,sequence,former_key,merged_into"
    text = f"{names}\n1,Ada,2012345,2026-01-02,7,old,{'x' * 201}\n"
    (row,) = rows_of(read, tmp_path, text).rows
    assert (row.scope, row.effective, row.sequence) == ("2012345", "2026-01-02", 7)
    assert (row.former_key, row.merged_into) == ("old", "x" * 200)


def test_a_row_that_is_not_taken_names_its_record_and_its_establishment(read, tmp_path):
    text = "key,given,scope\n1,,2012345\n2,Ada,2012345,x\n"
    faults = rows_of(read, tmp_path, text).rows
    assert [(each.rule, each.key, each.scope) for each in faults] == [
        ("NO-IDENTITY", "1", "2012345"),
        ("CELLS", "2", "2012345"),
    ]


@pytest.mark.parametrize(("length", "taken"), [(200, True), (201, False)])
def test_a_key_has_at_most_two_hundred_characters(read, tmp_path, length, taken):
    table = rows_of(read, tmp_path, f"key,given\n{'x' * length},Ada\n")
    assert table.faults == ([] if taken else [("KEY", 2)])


@pytest.mark.parametrize(
    ("column", "values", "taken"),
    [
        ("births", ("0", "1", "9", "10", "two"), [None, 1, 9, None, None]),
        ("birth_order", ("0", "1", "9", "10", "two"), [None, 1, 9, None, None]),
        ("died", ("2020-01-01", "2999-01-01"), ["2020-01-01", ""]),
    ],
)
def test_a_number_of_births_and_a_day_of_death_are_such_as_can_be(
    read, tmp_path, column, values, taken
):
    text = f"key,given,{column}\n" + "".join(f"{n},Ada,{each}\n" for n, each in enumerate(values))
    rows = rows_of(read, tmp_path, text).rows
    assert [getattr(row.particulars, column) for row in rows] == taken
    assert [not row.remarks for row in rows] == [bool(each) for each in taken]


def test_a_birth_that_has_been_counts_before_the_one_that_was_expected(read, tmp_path):
    text = "key,given,dob,expected_dob\n1,Ada,2015-01-02,2015-01-05\n2,Baby,,2015-01-05\n"
    births = [row.particulars.birth for row in rows_of(read, tmp_path, text).rows]
    assert births == [BirthDate("2015-01-02"), BirthDate("2015-01-05", expected=True)]


def test_a_name_that_is_told_twice_is_one_and_an_alias_may_be_a_single_word(read, tmp_path):
    text = "key,given,family,preferred_family,former_family,alias\n1,Ada,Obi,Obi,Obi,Addie\n"
    (row,) = rows_of(read, tmp_path, text).rows
    assert row.particulars.names == (
        PersonName(("Ada",), "Obi"),
        PersonName(("Addie",), "", "alias"),
    )


def test_a_guardian_by_family_name_and_a_mother_by_her_maiden_name_are_carers(read, tmp_path):
    text = "key,given,guardian_family,mother_maiden\n1,Ada,Obi,\n2,Bea,,Rue\n"
    carers = [row.particulars.carers for row in rows_of(read, tmp_path, text).rows]
    assert carers == [(Carer("", "Obi"),), (Carer(relationship="mother", maiden="Rue"),)]


@pytest.mark.parametrize(
    ("verified", "status", "taken"),
    [
        ('["nhs"]', "", "verified"), ('["nhs"]', "01", "verified"), ('["nhs"]', "02", "unverified"),
        ("[]", "", "unverified"), ("[]", "1", "verified"), ('["upn"]', "", "unverified"),
    ],
)  # fmt: skip
def test_a_numbers_own_status_counts_before_what_is_told_of_the_source(
    read, tmp_path, verified, status, taken
):
    mapping = f"""
[feed]
key = "id"
[settings]
verified = {verified}
[columns]
given = "given"
nhs = "nhs"
nhs_status = "status"
"""
    text = f"id,given,nhs,status\n1,Ada,9000000009,{status}\n"
    (row,) = rows_of(read, tmp_path, text, mapping).rows
    assert row.particulars.identifiers[0].status == taken


DATED = """
[feed]
key = "id"
effective = "when"
dates = "%d %b %Y"
skip = 2
total = "TOTAL"
[columns]
given = "given"
dob = "born"
expected_dob = "due"
died = "died"
"""


def test_every_date_is_written_as_the_mapping_tells(read, tmp_path):
    text = "Export\n\nid,given,born,due,died,when\n" \
        "1,Ada,02 Jan 2015,,03 Feb 2020,04 Mar 2021\n2,Baby,,05 Jan 2015,,\nTOTAL,2\n"  # fmt: skip
    first, second = rows_of(read, tmp_path, text, DATED).rows
    assert (first.particulars.birth.value, first.particulars.died) == ("2015-01-02", "2020-02-03")
    assert first.effective == "2021-03-04"
    assert second.particulars.birth == BirthDate("2015-01-05", expected=True)
    assert (first.remarks, second.remarks) == ((), ())


def test_lines_before_the_names_of_the_columns_are_skipped_and_counted(read, tmp_path):
    text = "Export of Monday\nid;given\nid,given,born,due,died,when\n1,,,,,\nTOTAL,1\n"
    assert rows_of(read, tmp_path, text, DATED).faults == [("NO-IDENTITY", 4)]


def test_no_row_follows_the_control_total_which_stands_in_the_first_cell(read, tmp_path):
    head = "\n\nid,given,born,due,died,when\n1,TOTAL,,,,\nTOTAL,1\n"
    assert list(rows_of(read, tmp_path, head, DATED).submissions) == ["1"]
    with pytest.raises(FeedError, match="line 6: expected no row after the one with the total"):
        rows_of(read, tmp_path, f"{head}2,Ada,,,,\n", DATED)


def test_a_role_that_a_mapping_does_not_tell_is_bound_to_no_column(read, tmp_path):
    mapping = '[feed]\nkey = "id"\n[columns]\ngiven = "given"\n'
    table = rows_of(read, tmp_path, "id,given,scope,effective\n1,Ada,2012345,2026-01-02\n", mapping)
    (row,) = table.rows
    assert (row.scope, row.effective) == ("", "")
    assert table.reading.dropped == {"scope": 1, "effective": 1}


@pytest.mark.parametrize("mapping", [None, '[feed]\nkey = "key"\n[columns]\ngiven = "given"\n'])
def test_of_a_table_of_which_nothing_is_told_nothing_is_presumed(read, tmp_path, mapping):
    reading = rows_of(read, tmp_path, "key,given\n1,Ada\n", mapping).reading
    assert reading.settings == Settings(one_record_each=False, oldest=None)
    assert (reading.settings.guard_share, reading.settings.verified) == (0.25, ())
    assert (reading.mode, reading.settings.dual_registration) == ("delta", False)


def test_cells_that_are_no_record_are_read_as_those_of_a_row():
    cells = {"given": " Ada ", "dob": "2999-01-01", "nhs": "9000000009"}
    particulars = CsvTable().particulars(cells)
    assert particulars.names == (PersonName(("Ada",), ""),)
    assert particulars.birth is None
    assert particulars.identifiers[0].status == "unverified"


def test_mapped_columns_count_among_the_fields_that_a_table_may_declare(told):
    def fields(number):
        return lambda text: (
            text
            + "".join(f"[fields.f{n}]\nkind = 'exact'\ncolumn = 'Notes'\n" for n in range(number))
        )

    assert len(told(fields(11)).reading.settings.fields) == 15
    with pytest.raises(FeedError, match="at most 15 fields, mapped columns among them"):
        told(fields(12))


def test_a_blank_before_a_quotation_and_a_row_of_blanks_are_nothing(read, tmp_path):
    text = 'key, "given"\n1, "Ada, Bea"\n , \n , ""\n2,Cy\n'
    rows = rows_of(read, tmp_path, text).rows
    assert [(row.line, row.particulars.names[0].given) for row in rows] == [
        (2, ("Ada, Bea",)),
        (5, ("Cy",)),
    ]


def test_cells_beyond_the_last_column_are_left_out_only_where_they_are_empty(read, tmp_path):
    table = rows_of(read, tmp_path, "key,given\n1,Ada,,\n2,Bea,x\n")
    assert (list(table.submissions), table.faults) == (["1"], [("CELLS", 3)])


def test_a_name_of_a_column_is_the_same_with_hyphens_and_with_a_mark_before_it(read, tmp_path):
    text = "\ufeffkey,Preferred-Family,given\n1,Moe,Ada\n"
    for begins in ("", "\ufeff"):  # the second mark is one too many, as some programs write it
        (row,) = rows_of(read, tmp_path, begins + text).rows
        assert row.particulars.names[1] == PersonName(("Ada",), "Moe", "preferred")


def test_a_line_may_end_as_old_programs_end_it(read, tmp_path):
    table = rows_of(read, tmp_path, "key,given,family\r1,Ada,Obi\r2,Bea\r")
    assert (list(table.submissions), table.faults) == (["1"], [("CELLS", 3)])


def test_a_table_is_recognised_below_lines_that_are_empty(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\n \nkey,given\n1,Ada\n")
    assert recognise(path) is FEEDS[FEED]


def test_a_link_into_a_system_names_nobody_and_no_place(read, tmp_path):
    link = "https://ecaf.example/7"
    names = ("given", "middle", "family", "former_family", "preferred_family", "alias", "address",
             "town", "guardian_given", "guardian_family", "mother_maiden")  # fmt: skip
    path = tmp_path / "t.csv"
    path.write_text(f"key,dob,{','.join(names)}\n1,2015-01-02,{link}" + f",{link}" * 10)
    (row,) = read(FEED, path).rows
    assert row.particulars == Particulars(birth=BirthDate("2015-01-02"))
    assert [one.field for one in row.remarks if one.rule == "LINK"] == sorted(names)


def test_a_link_into_a_system_is_no_value_of_a_declared_field(shaped):
    (row,) = shaped("1,Ada,Obi,www.ecaf.example,Avon,1956,4,9,02 Mar 2020,1.50,x\n").rows
    stated = {each.field: each.value for each in row.particulars.declared}
    assert "www" not in "".join(stated.values())
    assert "LINK" in [one.rule for one in row.remarks]

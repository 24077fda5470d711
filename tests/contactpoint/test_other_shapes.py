"""A table of another shape, from its mapping to exported links, as people run it."""

import csv
import json

import pytest

from contactpoint.errors import NotFoundError, UsageError
from feeds.submission import FeedError
from tests.contactpoint.installation import Installation
from tests.linkage.declared.people import households

MAPPING = """
[feed]
key = "id"

[fields]
forename = { kind = "name" }
surname = { kind = "name", exchanged_with = "forename" }
born = { kind = "date" }
street = { kind = "text" }
phone = { kind = "exact" }
height = { kind = "number", column = "cm" }
"""
COLUMNS = ("forename", "surname", "born", "street", "phone", "height")
PEOPLE, TRUTH = households(120)


def write(path, people, first=1):
    heads = ["id", *("cm" if name == "height" else name for name in COLUMNS)]
    rows = [[n, *(one[name] for name in COLUMNS)] for n, one in enumerate(people, first)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


def mapping(folder, text=MAPPING):
    path = folder / "club.toml"
    path.write_text(text)
    return path


def load(home, path, told, *words, source="club", expected=(0,)):
    typed = ["load", path, "--feed", "csv", "--source", source, "--mapping", told, *words]
    return home.run(*typed, "--effective", "2026-09-01", expected=expected)


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def groups(home, folder):
    home.run("export", "links", folder / "links.csv")
    found: dict = {}
    for row in read(folder / "links.csv"):
        found.setdefault(row["child"], set()).add((row["source"], int(row["record_id"])))
    return {frozenset(group) for group in found.values()}


@pytest.fixture(scope="module")
def club(tmp_path_factory):
    folder = tmp_path_factory.mktemp("club")
    home = Installation(folder / "home")
    home.run("init")
    load(home, write(folder / "people.csv", PEOPLE), mapping(folder))
    return home


@pytest.fixture
def home(club, tmp_path):
    return club.copy(tmp_path / "home")


def test_its_records_are_linked_under_a_model_made_from_them(home, tmp_path):
    found = groups(home, tmp_path)
    linked = {pair for pair in TRUTH if any({("club", n) for n in pair} <= g for g in found)}
    merged = [group for group in found if len(group) > 2]
    assert len(linked) >= 0.8 * len(TRUTH)
    assert not merged
    assert home.events()["contactpoint.ShapeModelAdopted:1"] == 1


def test_the_pairs_that_are_exported_are_those_that_are_linked_or_referred(home, tmp_path):
    home.run("export", "pairs", tmp_path / "pairs.csv")
    rows = read(tmp_path / "pairs.csv")
    linked = {
        tuple(sorted((int(row["record_id_a"]), int(row["record_id_b"]))))
        for row in rows
        if row["decision"] == "link"
    }
    assert len(linked & TRUTH) >= 0.95 * len(linked) > 0
    assert {row["decision"] for row in rows} == {"link", "review"}


def test_linking_again_appends_nothing_and_the_same_file_neither(home, tmp_path):
    before = home.events()
    home.run("link")
    home.run("link", "--all")
    load(home, write(tmp_path / "people.csv", PEOPLE), mapping(tmp_path))
    assert home.events() == before
    assert not home.findings()


def test_a_rebuild_equals_the_live_rows(home):
    before = home.state()
    home.run("rebuild")
    assert home.state() == before


def test_children_of_the_same_names_are_never_compared_with_them(home, tmp_path):
    path = tmp_path / "children.csv"
    first = PEOPLE[0]
    born = f"{first['born'][:4]}-{first['born'][4:6]}-{first['born'][6:]}" if first["born"] else ""
    path.write_text(f"key,given,family,dob\n1,{first['forename']},{first['surname']},{born}\n")
    home.run("load", path, "--feed", "csv", "--source", "school", "--effective", "2026-09-01")
    assert frozenset({("school", 1)}) in groups(home, tmp_path)
    with pytest.raises(NotFoundError, match="two shapes"):
        home.run("why", "club:1", "school:1", "--reason", "test")


def test_a_missed_pair_is_looked_into_by_the_fields_of_its_table(home, tmp_path):
    """People of one home are not linked; a truth that has them as one person misses them."""
    homes: dict = {}
    for n, one in enumerate(PEOPLE, 1):
        homes.setdefault(one["phone"] or f"none {n}", []).append(n)
    rows = [["club", n, phone] for phone, numbers in homes.items() for n in numbers]
    with (tmp_path / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["source", "record_id", "person"], *rows])
    errors = tmp_path / "errors.csv"
    told = home.run("evaluate", tmp_path / "truth.csv", "--errors", errors).stdout
    assert "not measured: no children's records were compared" in told
    missed = [row for row in read(errors) if row["error"] == "missed"]
    assert {row["what"] for row in missed} == {"weighed too low", "referred"}
    for row in missed[:20]:
        pair = (f"{row[f'source_{one}']}:{row[f'record_id_{one}']}" for one in "ab")
        why = json.loads(home.run("why", *pair, "--json").stdout)
        assert (why["apart"]["why"], f"{why['weight']:.4f}") == (row["what"], row["weight"])


def test_a_delta_joins_the_records_that_it_repeats(home, tmp_path):
    again = [PEOPLE[n] for n in range(0, 40, 2)]
    load(home, write(tmp_path / "again.csv", again, first=9_001), mapping(tmp_path), source="other")
    joined = [
        n for n in range(20)
        if any({("club", 2 * n + 1), ("other", 9_001 + n)} <= g for g in groups(home, tmp_path))
    ]  # fmt: skip
    assert len(joined) >= 15
    assert home.events()["contactpoint.ShapeModelAdopted:1"] == 1


def test_a_table_that_grows_gets_another_model_unless_a_person_adopted_one(home, tmp_path):
    chosen = home.copy(tmp_path / "chosen")
    version = json.loads(chosen.run("train", "--seed", 5, "--json").stdout)["version"]
    chosen.run("model", "use", version)
    more, _ = households(150, seed=8)
    for one, models in ((home, 2), (chosen, 2)):
        load(one, write(tmp_path / "more.csv", more, first=5_001), mapping(tmp_path))
        assert one.events()["contactpoint.ShapeModelAdopted:1"] == models
    listed = json.loads(chosen.run("model", "list", "--json").stdout)
    assert {"version": version, "in_force": True} in listed


def test_a_trained_model_changes_nothing_until_it_is_used(home):
    before = home.events()
    made = json.loads(home.run("train", "--source", "club", "--json").stdout)
    assert made["card"]["fields"] == "born, forename, height, phone, street, surname"
    assert home.events() == before
    shown = json.loads(home.run("model", "show", made["version"], "--json").stdout)
    assert shown["prior records"] == len(PEOPLE)


def test_why_shows_the_weight_of_each_field(home):
    left, right = min(TRUTH)
    words = ["why", f"club:{left}", f"club:{right}", "--reason", "test", "--json"]
    found = json.loads(home.run(*words).stdout)
    assert [part["field"] for part in found["parts"]] == ["prior", *sorted(COLUMNS)]
    assert sum(part["weight"] for part in found["parts"]) == pytest.approx(found["weight"])


def test_what_a_record_declares_is_shown_with_its_child(home, tmp_path):
    home.run("export", "links", tmp_path / "links.csv")
    first = next(row for row in read(tmp_path / "links.csv") if row["record_id"] == "1")
    shown = home.run("child", "show", first["child"], "--reason", "test").stdout
    assert f"surname: {PEOPLE[0]['surname']}" in shown


def test_a_word_of_a_table_stands_in_the_read_models_alone_and_nowhere_once_erased(home, tmp_path):
    planted = {**PEOPLE[0], "surname": "Quillfeather"}
    load(home, write(tmp_path / "one.csv", [planted], first=9_999), mapping(tmp_path))
    assert _holding(home, b"Quillfeather") == {"read.db"}
    home.run("erase", "club:9999", "--reason", "test", "--yes")
    assert _holding(home, b"uillfeather") == set()


def _holding(home, word):
    """Names of the files of a home that hold a word, in whatever case it begins."""
    files = [path for path in home.home.rglob("*") if path.is_file()]
    return {path.name.removesuffix("-wal") for path in files if word in path.read_bytes()}


def test_a_source_keeps_the_fields_that_it_was_first_loaded_with(home, tmp_path):
    told = mapping(tmp_path, MAPPING.replace('kind = "number", column', 'kind = "exact", column'))
    with pytest.raises(UsageError, match="other fields than the mapping declares"):
        load(home, write(tmp_path / "people.csv", PEOPLE[:3]), told)


def scored(home, folder, rows, *words):
    path = folder / "pairs.csv"
    heads = [f"{side}_{name}" for side in ("left", "right") for name in ("surname", "born", "cm")]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return list(csv.DictReader(home.run("score", path, *words).stdout.splitlines()))


SAME = ["Quillfeather", "1956-04-09", "171", "Quillfeather", "9/4/1956", "171.0"]
OTHER = ["Quillfeather", "1956-04-09", "171", "Okonjo", "1988-11-23", "152"]


def test_two_processes_load_what_one_does(club, tmp_path):
    home = Installation(tmp_path / "home", processes=2)
    home.run("init")
    load(home, write(tmp_path / "people.csv", PEOPLE), mapping(tmp_path))
    assert home.state().records == club.state().records


def test_our_own_columns_are_fields_too_and_make_the_person_found(tmp_path):
    text = MAPPING.replace('forename = { kind = "name" }\n', "").replace(
        'surname = { kind = "name", exchanged_with = "forename" }\n', ""
    )
    columns = '[columns]\ngiven = "forename"\nfamily = "surname"\n'
    home = Installation(tmp_path / "home")
    home.run("init")
    people = write(tmp_path / "people.csv", PEOPLE)
    load(home, people, mapping(tmp_path, text + columns))
    found = groups(home, tmp_path)
    linked = {pair for pair in TRUTH if any({("club", n) for n in pair} <= g for g in found)}
    assert len(linked) >= 0.8 * len(TRUTH)
    one = next(one for one in PEOPLE if one["forename"] and one["surname"])
    name = f"{one['forename']} {one['surname']}"
    assert one["surname"] in home.run("child", "find", "--name", name, "--reason", "test").stdout


def test_pairs_are_scored_by_declared_fields_without_an_index(tmp_path):
    home = Installation(tmp_path / "none")
    rows = scored(home, tmp_path, [SAME, OTHER], "--mapping", mapping(tmp_path))
    assert [row["decision"] for row in rows] == ["link", "non_link"]


def test_pairs_are_scored_under_the_model_in_force(home, tmp_path):
    told = mapping(tmp_path)
    here = scored(home, tmp_path, [SAME], "--mapping", told)
    elsewhere = scored(Installation(tmp_path / "none"), tmp_path, [SAME], "--mapping", told)
    assert here[0]["weight"] != elsewhere[0]["weight"]


def test_a_mapping_without_fields_names_the_columns_of_scored_children(tmp_path):
    told = mapping(tmp_path, '[feed]\nkey = "id"\n[columns]\nfamily = "surname"\ndob = "born"\n')
    home = Installation(tmp_path / "none")
    result = scored(home, tmp_path, [SAME, OTHER], "--mapping", told)
    assert float(result[0]["weight"]) > float(result[1]["weight"])


def test_a_table_of_pairs_without_any_field_is_refused(tmp_path):
    home = Installation(tmp_path / "none")
    path = tmp_path / "pairs.csv"
    path.write_text("left_colour,right_colour\nred,blue\n")
    with pytest.raises(FeedError, match="left_forename and right_forename"):
        home.run("score", path, "--mapping", mapping(tmp_path))


def test_a_steward_sees_the_fields_of_a_referred_pair_side_by_side(home):
    listed = json.loads(home.run("review", "list", "--json").stdout)
    pair = listed[0]["pair"] if isinstance(listed, list) else listed["pairs"][0]["pair"]
    shown = home.run("review", "show", pair, "--reason", "test").stdout
    assert "street: " in shown
    assert "referred because: " in shown


def test_a_source_shows_the_fields_that_it_declares(home):
    assert "born (date)" in home.run("source", "show", "club").stdout
    shown = json.loads(home.run("source", "show", "club", "--json").stdout)
    assert {"name": "born", "kind": "date"} in shown["fields"]

"""Scoring a table of pairs: what comes out, what is refused, and under which model."""

import csv
import io
import json
import tracemalloc

import pytest

from contactpoint.errors import NotFoundError
from contactpoint.scoring import PairTable
from feeds.submission import FeedError
from linkage.model import Model
from tests.contactpoint.installation import Installation

COLUMNS = ["given", "family", "dob", "postcode"]
HEADER = [f"{side}_{name}" for side in ("left", "right") for name in COLUMNS]
ASHA = ["Asha", "Okonjo", "2015-03-04", "SE15 3QN"]
BRAM = ["Bram", "Tailor", "2011-01-09", "E8 1GQ"]


@pytest.fixture
def home(tmp_path):
    return Installation(tmp_path / "home")


def table(path, rows, header=HEADER, encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def scored(home, path, *words):
    return list(csv.DictReader(io.StringIO(home.run("score", path, *words).stdout)))


def test_a_pair_is_scored_to_standard_output_where_no_file_is_named(home, tmp_path):
    rows = scored(home, table(tmp_path / "p.csv", [ASHA + ASHA, ASHA + BRAM]))
    assert [row["decision"] for row in rows] == ["link", "non_link"]
    assert float(rows[0]["probability"]) > 0.9
    assert list(rows[0])[-3:] == ["probability", "weight", "decision"]


def test_without_an_index_the_shipped_model_scores_and_nothing_is_made(home, tmp_path):
    run = home.run("score", table(tmp_path / "p.csv", [ASHA + ASHA]))
    assert Model.shipped().version in run.stderr
    assert not home.home.exists()


def test_the_model_in_force_scores(home, tmp_path):
    path = table(tmp_path / "p.csv", [ASHA + ASHA])
    shipped = scored(home, path)
    home.run("init")
    home.run("synth", tmp_path / "feeds", "--children", 60)
    home.run("nightly", tmp_path / "feeds" / "night-01", expected=(0, 3))
    made = json.loads(home.run("train", "--json").stdout)
    version = made["version"]
    for count in ("records", "candidate pairs", "patterns", "pairs of one child"):
        assert isinstance(made["card"][count], int)
    home.run("model", "use", version[:8])
    assert scored(home, path)[0]["weight"] != shipped[0]["weight"]
    assert version in home.run("score", path).stderr


def test_an_index_without_records_has_nothing_to_train_on(home):
    home.run("init")
    with pytest.raises(NotFoundError, match="no record to train on"):
        home.run("train")


def test_the_weight_is_the_one_that_why_gives(home, tmp_path):
    home.run("init")
    for source, row in (("a", ASHA), ("b", BRAM)):
        path = table(tmp_path / f"{source}.csv", [["k", *row]], ["key", *COLUMNS])
        home.run("load", path, "--source", source, "--feed", "csv")
    why = json.loads(home.run("why", "a:k", "b:k", "--json").stdout)
    [row] = scored(home, table(tmp_path / "p.csv", [ASHA + BRAM]))
    assert float(row["weight"]) == pytest.approx(why["weight"], abs=1e-4)
    assert row["decision"] == why["decision"]


def test_all_columns_are_written_again_and_unknown_ones_are_named(home, tmp_path):
    path = table(tmp_path / "p.csv", [["7", *ASHA, *ASHA, 'a "b", c']], ["id", *HEADER, "note"])
    run = home.run("score", path)
    [row] = csv.DictReader(io.StringIO(run.stdout))
    assert (row["id"], row["note"], row["left_given"]) == ("7", 'a "b", c', "Asha")
    assert "ignored columns: id, note" in run.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_whatever_encoding_it_was_saved(home, tmp_path, encoding):
    zoe = ["Zoë", *ASHA[1:]]
    [row] = scored(home, table(tmp_path / "p.csv", [zoe + zoe], encoding=encoding))
    assert (row["left_given"], row["decision"]) == ("Zoë", "link")


def test_a_header_alone_gives_a_header_alone(home, tmp_path):
    assert scored(home, table(tmp_path / "p.csv", [])) == []
    assert home.run("score", tmp_path / "p.csv").stdout.startswith("left_given")


def test_a_missing_value_weighs_nothing(home, tmp_path):
    whole, lacking, short = scored(
        home,
        table(tmp_path / "p.csv", [ASHA + ASHA, [*ASHA, *ASHA[:3], ""], [*ASHA, *ASHA[:3]]]),
    )
    assert float(lacking["weight"]) < float(whole["weight"])
    assert (short["weight"], short["right_postcode"]) == (lacking["weight"], "")


def test_a_pair_without_name_and_birth_is_scored_by_what_it_has(home, tmp_path):
    header = ["left_postcode", "right_postcode"]
    same, other = scored(
        home, table(tmp_path / "p.csv", [["SE15 3QN", "SE15 3QN"], ["SE15 3QN", "E8 1GQ"]], header)
    )
    assert float(same["weight"]) > float(other["weight"])


def test_a_formula_is_defused_and_a_telephone_is_left_as_it_is(home, tmp_path):
    path = table(tmp_path / "p.csv", [[*ASHA, *ASHA, "=1+1", "+44 7700 900123"]],
                 [*HEADER, "note", "left_phone"])  # fmt: skip
    [row] = scored(home, path)
    assert (row["note"], row["left_phone"]) == ("'=1+1", "+44 7700 900123")


@pytest.mark.parametrize(
    ("header", "row", "where"),
    [
        (["a", "b"], ["1", "2"], "line 1"),
        (["left_given", "left_given"], ["1", "2"], "line 1, left_given"),
        (["left_given", "right_given"], ["Asha", "Asha", "more"], "line 2"),
    ],
)
def test_a_table_that_cannot_be_scored_says_where_and_writes_nothing(
    home, tmp_path, header, row, where
):
    path = table(tmp_path / "p.csv", [row], header)
    with pytest.raises(FeedError, match=where):
        home.run("score", path, "--out", tmp_path / "out.csv")
    assert not list(tmp_path.glob("out*"))


def test_for_a_script_each_pair_is_an_object(home, tmp_path):
    path = table(tmp_path / "p.csv", [ASHA + ASHA, ASHA + BRAM])
    told = json.loads(home.run("score", path, "--json").stdout)
    assert told["rows"] == len(told["pairs"]) == 2
    assert told["pairs"][0]["decision"] == "link"
    assert told["pairs"][0]["weight"] > told["pairs"][1]["weight"]


def test_memory_does_not_grow_with_the_table(tmp_path):
    def most(rows):
        found = PairTable.open(table(tmp_path / f"{rows}.csv", [ASHA + BRAM] * rows))
        tracemalloc.start()
        assert sum(1 for _ in found.scored(Model.shipped())) == rows
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(10)
    assert most(12_000) < 1.5 * most(3_000)

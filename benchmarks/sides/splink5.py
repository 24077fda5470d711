"""Splink 5 on DuckDB, by the models that its documentation gives for such people.

They stand in its repository under docs/demos/examples/duckdb; what is ours is the blocking, which
is the same for every side, and the sex of a child, which its example has no column for.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule

from benchmarks.sides.answer import Answer, Ints, Watch

LEAST: Final = -10.0
"""Weight (log2 odds) from which a pair is kept: no threshold below it is any good."""
LINKS: Final = 0.95
"""Probability at which its example of people clusters."""
CAPPED: Final = 1e6
MEMORY: Final = "6GB"
"""What DuckDB may hold before it writes to disk: EM without a cap would take all there is."""

_MEETS: Final = CustomRule(
    "l.keys = r.keys and "
    "(l.exclusive is null or r.exclusive is null or l.exclusive <> r.exclusive)",
    arrays_to_explode=["keys"],
)
"""The same blocking as every side: two records meet that share a key."""
_NAME: Final = "first_name_surname_concat"


class Described(NamedTuple):
    """A model as its documentation describes it."""

    comparisons: Sequence[Any]
    certain: Sequence[Any]
    """Rules that pairs of one person meet, for the prior."""
    recall: float
    """Of those rules."""
    sampled: float
    """Random pairs for u."""
    passes: Sequence[Any]
    """Blocking rules, one for each pass of expectation-maximisation."""
    plain: bool
    """Whether those passes leave term frequencies out."""


def link(table: pa.Table, watch: Watch, *, capped: bool) -> Answer:
    """Link children by the model of deduplicate_50k_synthetic."""
    joined = table.append_column(_NAME, _joined(table["first_name"], table["surname"]))
    return _linked(joined.drop_columns(["id", "particulars"]), _children(), watch, capped=capped)


def link_febrl(table: pa.Table, watch: Watch, *, capped: bool) -> Answer:
    """Link FEBRL's persons by the model of febrl3 (one file) or febrl4 (two)."""
    model = _febrl3() if table["exclusive"].null_count else _febrl4()
    return _linked(table.drop_columns(["id"]), model, watch, capped=capped)


def _children() -> Described:
    return Described(
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name=_NAME
            ),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        certain=[
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode,1,2)"),
            block_on("dob", "postcode"),
        ],
        recall=0.6,
        sampled=1e7,
        passes=[block_on("first_name", "surname"), block_on("dob")],
        plain=True,
    )


def _febrl3() -> Described:
    exchanged = CustomRule(
        "l.given_name = r.surname and l.surname = r.given_name "
        "and l.date_of_birth = r.date_of_birth"
    )
    return Described(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            _date_of_birth(),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        certain=[
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            exchanged,
        ],
        recall=0.9,
        sampled=1e6,
        passes=[block_on("date_of_birth"), block_on("postcode")],
        plain=False,
    )


def _febrl4() -> Described:
    postcode = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    return Described(
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            _date_of_birth(),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            postcode.configure(term_frequency_adjustments=True),
        ],
        certain=[block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        recall=0.8,
        sampled=1e6,
        passes=[block_on("date_of_birth"), block_on("postcode")],
        plain=True,
    )


def _date_of_birth() -> Any:
    return cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d")


def _linked(table: pa.Table, model: Described, watch: Watch, *, capped: bool) -> Answer:
    connection = duckdb.connect(
        config={
            "threads": int(os.environ["OMP_NUM_THREADS"]),
            "memory_limit": MEMORY,
            "temp_directory": tempfile.mkdtemp(prefix="contactpoint-peers-"),
        }
    )
    with watch.stage("prepare"):
        linker = _linker(table, model, connection)
    with watch.stage("train"):
        _train(linker.training, model, max_pairs=CAPPED if capped else None)
    with watch.stage("score"):
        predicted = linker.inference.predict(threshold_match_weight=LEAST)
    with watch.stage("cluster"):
        connected = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=LINKS
        )
    peak = watch.peak()
    # What follows is not the side's work, but what is asked about it.
    blocked = linker.inference.compute_blocked_pairs_for_predict().as_duckdbpyrelation()
    compared = len(blocked)
    found = connection.sql(
        f"select unique_id_l, unique_id_r, match_probability from {predicted.physical_name}"
    ).fetchnumpy()
    probability = np.asarray(found["match_probability"], np.float64)
    return Answer(
        np.asarray(found["unique_id_l"], np.int64),
        np.asarray(found["unique_id_r"], np.int64),
        probability,
        probability >= LINKS,
        _clusters(connection, connected, len(table)),
        peak,
        compared,
    )


def _linker(table: pa.Table, model: Described, connection: Any) -> Linker:
    numbered = table.append_column("unique_id", pa.array(np.arange(len(table))))
    numbered = numbered.append_column(
        "source_dataset", pa.array([_word(source) for source in table["source"].to_pylist()])
    )
    settings = SettingsCreator(
        link_type="link_and_dedupe",
        blocking_rules_to_generate_predictions=[_MEETS],
        comparisons=list(model.comparisons),
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register(numbered), settings)
    logging.getLogger("splink").setLevel(logging.ERROR)  # the linker has just turned it on
    return linker


def _train(training: Any, model: Described, *, max_pairs: float | None) -> None:
    training.estimate_probability_two_random_records_match(list(model.certain), recall=model.recall)
    training.estimate_u_using_random_sampling(max_pairs=model.sampled)
    for rule in model.passes:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=model.plain, max_pairs=max_pairs
        )


def _joined(first: pa.ChunkedArray, second: pa.ChunkedArray) -> pa.Array:
    """Both names as one, where both are there."""
    both = zip(first.to_pylist(), second.to_pylist(), strict=True)
    return pa.array([f"{a} {b}" if a and b else None for a, b in both])


def _word(source: str) -> str:
    """A source's name as its clustering can use it: part of a column's name."""
    return source.replace("-", "_")


def _clusters(connection: Any, clustered: Any, records: int) -> Ints:
    rows = connection.sql(
        f"select unique_id, cluster_id from {clustered.physical_name}"
    ).fetchnumpy()
    clusters = np.arange(records)
    _, codes = np.unique(np.asarray(rows["cluster_id"], str), return_inverse=True)
    clusters[np.asarray(rows["unique_id"], np.int64)] = codes
    return clusters

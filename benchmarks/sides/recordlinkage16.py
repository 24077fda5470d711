"""recordlinkage 0.16: its index, its comparisons, and its ECM classifier; connected components."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import recordlinkage
from recordlinkage.base import BaseIndexAlgorithm
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.sides.answer import Answer, Ints, Watch

ALIKE = 0.85
"""Jaro-Winkler similarity that counts as agreement, as in its own examples."""


class SharedKey(BaseIndexAlgorithm):  # type: ignore[misc]
    """The same blocking as every side: two records meet that share a key."""

    def _dedup_index(self, df: "pd.DataFrame") -> "pd.MultiIndex":
        filed = df[["keys", "exclusive"]].explode("keys").dropna(subset=["keys"])
        filed = filed.reset_index(names="record").astype({"keys": "uint64"})
        met = filed.merge(filed, on="keys", suffixes=("_1", "_2"))
        met = met[met["record_1"] > met["record_2"]]
        met = met[met["exclusive_1"].isna() | (met["exclusive_1"] != met["exclusive_2"])]
        pairs = met[["record_1", "record_2"]].drop_duplicates()
        return pd.MultiIndex.from_frame(pairs)


def link(table: pa.Table, watch: Watch) -> Answer:
    """Link children by names, birth date, postcode and sex."""
    compare = recordlinkage.Compare()
    compare.string("first_name", "first_name", method="jarowinkler", threshold=ALIKE)
    compare.string("surname", "surname", method="jarowinkler", threshold=ALIKE)
    for column in ("dob", "postcode", "sex"):
        compare.exact(column, column)
    return _linked(table, watch, compare)


def link_febrl(table: pa.Table, watch: Watch) -> Answer:
    """Link FEBRL's persons by the columns of its own example, and the number."""
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname", "address_1"):
        compare.string(column, column, method="jarowinkler", threshold=ALIKE)
    for column in ("date_of_birth", "suburb", "state", "postcode", "soc_sec_id"):
        compare.exact(column, column)
    return _linked(table, watch, compare)


def _linked(table: pa.Table, watch: Watch, compare: Any) -> Answer:
    with watch.stage("prepare"):
        left_out = [name for name in ("particulars", "id", "source") if name in table.column_names]
        frame = table.drop_columns(left_out).to_pandas()
    with watch.stage("block"):
        index = recordlinkage.Index()
        index.add(SharedKey())
        candidates = index.index(frame)
    with watch.stage("compare"):
        vectors = compare.compute(candidates, frame)
    with watch.stage("train"):
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(vectors)
    with watch.stage("classify"):
        probability = classifier.prob(vectors)
        matches = classifier.predict(vectors)
    with watch.stage("cluster"):
        clusters = _connected(matches, len(table))
    peak = watch.peak()
    left, right = (candidates.get_level_values(n).to_numpy(np.int64) for n in (0, 1))
    return Answer(
        left,
        right,
        probability.to_numpy(np.float64),
        candidates.isin(matches),
        clusters,
        peak,
        len(candidates),
    )


def _connected(matches: Any, records: int) -> Ints:
    ends = [matches.get_level_values(n).to_numpy() for n in (0, 1)]
    graph = coo_array((np.ones(len(matches)), ends), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)

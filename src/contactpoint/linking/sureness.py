"""How sure pairs of an index are: the probability that is stated of each, rivals counted."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import numpy as np
import numpy.typing as npt

from contactpoint.linking.filling import Filling
from contactpoint.linking.neighbourhoods import decided, sure_of
from contactpoint.models import AnyModel
from linkage.index import Pairs
from linkage.model import Model, Prior, total
from linkage.resolve import with_rivals
from linkage.weigh import probability
from projections.workings import Workings


def ends_of(pairs: Pairs) -> set[int]:
    """The records of pairs, by ordinal."""
    return set(pairs.left.tolist()) | set(pairs.right.tolist())


def among(pairs: Pairs, ordinals: Iterable[int]) -> Pairs:
    """Those of the pairs of which both records are among these."""
    known = np.fromiter(ordinals, np.int64)
    kept = np.isin(pairs.left, known) & np.isin(pairs.right, known)
    return those(pairs, kept)


def those(pairs: Pairs, kept: npt.NDArray[np.bool_]) -> Pairs:
    """The pairs that a mask keeps."""
    ends = pairs.left[kept], pairs.right[kept]
    return Pairs(*ends, pairs.weight[kept], pairs.pattern[kept], pairs.beyond)


def lowered(floor: float, model: AnyModel, prior: Prior | None) -> float:
    """The weight under a model from which a pair may weigh ``floor`` under another prior."""
    if prior is None or not isinstance(model, Model):
        return floor
    return floor - max(0.0, float(np.log2(model.prior.records / prior.records)))


def chances(
    pairs: Pairs, model: AnyModel, prior: Prior | None, workings: Workings, filling: Filling
) -> list[float]:
    """The probability of each pair of one index, in their order.

    ``prior``: for as many records as those that the reader may know of let expect
    (``linkage.density``): what is stated is true of this index as it is, and what links is decided
    under the model's own. ``pairs``: all of records that the reader may know of, from the
    ``lowered`` review threshold on, so that every rival is among them.

    In tables of another shape, which have no such prior, a record may have any number of partners,
    and the weight alone says it.
    """
    if prior is None or not isinstance(model, Model):
        return [float(chance) for chance in pairs.probability]
    here = msgspec.structs.replace(model, prior=prior)
    weighed = list(decided(replace(pairs, weight=total(pairs.pattern, here)), here))
    members = map(filling.member, workings.memberships(ends_of(pairs)).values())
    return list(map(probability, with_rivals(weighed, members, sure=sure_of(here))))

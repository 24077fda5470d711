"""How sure pairs of an index are: the probability that is stated of each, rivals counted."""

from collections.abc import Sequence

import msgspec
import numpy as np

from contactpoint.linking.filling import Filling
from contactpoint.linking.neighbourhoods import sure_of
from contactpoint.models import AnyModel
from linkage.model import Model, Prior, total
from linkage.resolve import Pair, with_rivals
from linkage.weigh import probability
from projections.workings import Workings


def chances(
    pairs: Sequence[Pair],
    model: AnyModel,
    prior: Prior | None,
    workings: Workings,
    filling: Filling,
) -> list[float]:
    """The probability of each pair of one index, in their order.

    ``pairs``: all from the review threshold on, so that every rival is among them. ``prior``: for
    as many records as those that the reader may know of let expect (``linkage.density``): what is
    stated is true of this index as it is, and what links is decided under the model's own.

    In tables of another shape, which have no such prior, a record may have any number of partners,
    and the weight alone says it.
    """
    if prior is None or not isinstance(model, Model):
        return [probability(pair.weight) for pair in pairs]
    patterns = np.array([pair.pattern for pair in pairs], np.uint64)
    weights = total(patterns, msgspec.structs.replace(model, prior=prior)).tolist()
    weighed = [p._replace(weight=weight) for p, weight in zip(pairs, weights, strict=True)]
    known = workings.memberships({end for pair in pairs for end in (pair.left, pair.right)})
    members = map(filling.member, known.values())
    return list(map(probability, with_rivals(weighed, members, sure=sure_of(model))))

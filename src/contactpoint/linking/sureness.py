"""How sure pairs of an index are: the probability that is stated of each, rivals counted."""

from collections.abc import Sequence

from contactpoint.linking.filling import Filling
from contactpoint.linking.matching import matching_of
from contactpoint.linking.neighbourhoods import sure_of
from contactpoint.models import AnyModel
from linkage.resolve import Pair, with_rivals
from linkage.weigh import probability
from projections.workings import Workings


def chances(
    pairs: Sequence[Pair], model: AnyModel, workings: Workings, filling: Filling
) -> list[float]:
    """The probability of each pair of one index, in their order.

    ``pairs``: all from the review threshold on, so that every rival is among them. In tables of
    another shape a record may have any number of partners, and the weight alone says it.
    """
    if not matching_of(model).reading.counts_rivals:
        return [probability(pair.weight) for pair in pairs]
    known = workings.memberships({end for pair in pairs for end in (pair.left, pair.right)})
    members = map(filling.member, known.values())
    return list(map(probability, with_rivals(pairs, members, sure=sure_of(model))))

"""The model that ships is what its command makes."""

from contactpoint import shipping
from linkage.model import Model, Thresholds


def test_the_shipped_model_has_the_card_prior_and_costs_that_its_command_states():
    shipped = Model.shipped()
    assert shipped.card == shipping.CARD
    assert shipped.prior == shipping.PRIOR
    assert shipped.thresholds == Thresholds.from_costs(**shipping.COSTS)


def test_the_same_children_make_the_same_model():
    one, other = shipping.made(2_000), shipping.made(2_000)
    assert one.version == other.version
    assert one.population.families

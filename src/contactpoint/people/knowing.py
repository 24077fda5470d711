"""What is known of that which somebody wants to decide on."""

from typing import TYPE_CHECKING

from contactpoint.people.deciding import About
from events.store.heads import children_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from uuid import UUID

    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging.acts import Hangs


def about_records(records: "Collection[UUID]", store: "Contactpoint") -> About:
    """What is known of the children of some records, where it is asked who may see them."""
    return knowing(records, store)(records)


def knowing(
    records: "Collection[UUID]", store: "Contactpoint"
) -> "Callable[[Collection[UUID]], About]":
    """What is known of any of these records, all of which are asked about at once."""
    heads, hidden = store.log.heads.records(records), store.guard.hidden(records)
    person = store.actor.subject
    has_family = bool(store.relatives.of(person))

    def about_some(some: "Collection[UUID]") -> About:
        children = children_of(heads[one] for one in some if one in heads)
        return About(
            authorities=_authorities(some, store),
            shielded=not hidden.isdisjoint(some),
            family=has_family and store.relatives.among(person, children),
        )

    return about_some


def about(hangs: "Hangs", store: "Contactpoint") -> About:
    """What is known of the children and records that hang on a pair."""
    return About(
        authorities=_authorities(hangs.records, store),
        shielded=bool(store.guard.hidden(hangs.records)),
        family=store.relatives.among(store.actor.subject, hangs.children),
        large=hangs.is_large,
    )


def _authorities(records: "Collection[UUID]", store: "Contactpoint") -> frozenset[str]:
    """Those responsible for the children; who works for no single one is asked for none."""
    return store.authorities(records) if store.actor.authority else frozenset()

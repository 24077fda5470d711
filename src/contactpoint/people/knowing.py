"""What is known of that which somebody wants to decide on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from contactpoint.people.deciding import About
from events.store.heads import children_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging.acts import Hangs


def about_records(records: "Collection[UUID]", store: "Contactpoint") -> About:
    """What is known of the children of some records, where it is asked who may see them."""
    heads = store.log.heads.records(records).values()
    return _about(records, children_of(heads), store)


def about(hangs: "Hangs", store: "Contactpoint") -> About:
    """What is known of the children and records that hang on a pair."""
    return replace(_about(hangs.records, hangs.children, store), large=hangs.is_large)


def _about(
    records: "Collection[UUID]", children: "Collection[UUID]", store: "Contactpoint"
) -> About:
    theirs = bool(store.actor.authority)  # who works for no single one is asked for none
    return About(
        authorities=store.authorities(records) if theirs else frozenset(),
        shielded=bool(store.queries.guard.hidden(records)),
        family=store.relatives.among(store.actor.subject, children),
    )

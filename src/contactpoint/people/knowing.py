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
    hidden = store.guard.hidden(records)
    person = store.actor.subject
    has_family = bool(store.relatives.of(person))
    heads = store.log.heads.records(records) if has_family else {}
    # Who works for no single authority is asked for none.
    authority = store.authority_of_each(records) if store.actor.authority else {}
    archived = store.archive_of_each(records)

    def about_some(some: "Collection[UUID]") -> About:
        children = children_of(heads[one] for one in some if one in heads)
        return About(
            authorities=frozenset(authority[one] for one in some if one in authority),
            shielded=not hidden.isdisjoint(some),
            family=has_family and store.relatives.among(person, children),
            archived=max((archived[one] for one in some if one in archived), default=0),
        )

    return about_some


def about(hangs: "Hangs", store: "Contactpoint") -> About:
    """What is known of the children and records that hang on a pair.

    Whoever agrees decides as well: neither may be of the family.
    """
    people = [one.subject for one in (store.actor, store.second) if one is not None]
    return About(
        authorities=store.authorities(hangs.records) if store.actor.authority else frozenset(),
        shielded=bool(store.guard.hidden(hangs.records)),
        family=any(store.relatives.among(one, hangs.children) for one in people),
        large=hangs.is_large,
        archived=max(store.archive_of_each(hangs.records).values(), default=0),
    )

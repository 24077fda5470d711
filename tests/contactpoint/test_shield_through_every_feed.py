"""A shielded child through nightly updates of every feed, with a reader asking all the while."""

import threading
from datetime import date, timedelta
from itertools import count, islice

import pytest

from projections.queries import Search
from projections.view import RestrictedView
from tests.contactpoint.shields import Refuge
from tests.proof.agencies import AGENCIES, SLIPS, ZEB

WAYS = ("moved", "", "typo", "no number", "month", "moved", "renamed", "bare")
"""How a night's statements differ from what is so, night after night."""
HIDDEN = [
    *(Search(postcode=postcode) for postcode in (ZEB.postcode, "SE15 3QN")),
    *(Search(identifier=number) for number in (ZEB.nhs, ZEB.upn, ZEB.local)),
    Search(name=f"{ZEB.guardian} {ZEB.family}"),
]
"""What a reader may ask, and is to find nobody by."""
NAMED = Search(name=f"{ZEB.given} {ZEB.family}"), Search(birth=ZEB.born)


def nights():
    """What each agency sends of the child, night after night, with its day."""
    for night in count():
        slip = SLIPS[WAYS[night % len(WAYS)]]
        day = (date(2026, 1, 2) + timedelta(night % 300)).isoformat()
        for agency in AGENCIES:
            yield agency, slip(ZEB), day, night


def send(refuge, agency, facts, day, number):
    path = refuge.folder / f"{agency.source}-{number}{agency.suffix}"
    path.write_text(agency.wrapped([agency.row(facts)], day, number), encoding="utf-8")
    told = refuge.load(path, agency.source, day, "--mode", agency.mode, feed=agency.feed)
    if told["state"] == "held":
        refuge.run("delivery", "approve", told["delivery"], "--reason", "asked them")


def ask(refuge, number, stopped, seen):
    """Ask again and again; what is seen is whether an answer shows no more than it may."""
    with refuge.opened() as store:
        while not stopped.is_set():
            seen.append(isinstance(store.queries.child_by_number(number).view, RestrictedView))
            seen.extend(not store.queries.find(search).found for search in HIDDEN)
            for search in NAMED:
                # Where a night's statements say too little, several children stand for the one.
                found = store.queries.find(search).found
                seen.append(all(isinstance(one.view, RestrictedView) for one in found))


def is_shielded_through(refuge, updates):
    send(refuge, AGENCIES[0], ZEB, "2026-01-01", 0)
    number = refuge.number("pds", ZEB.nhs)
    refuge.apply(number)
    stopped, seen = threading.Event(), list[bool]()
    reader = threading.Thread(target=ask, args=(refuge, number, stopped, seen))
    reader.start()
    try:
        for place, (agency, facts, day, _) in enumerate(islice(nights(), updates), start=1):
            send(refuge, agency, facts, day, place)
            assert reader.is_alive(), agency.feed
            assert all(seen), agency.feed
    finally:
        stopped.set()
        reader.join()
    assert len(seen) > updates
    assert all(seen)
    assert refuge.findings() == []


def test_a_shield_is_present_in_every_read_through_a_night_of_every_feed(tmp_path):
    is_shielded_through(Refuge(tmp_path), len(AGENCIES))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_shield_is_present_in_every_read_through_a_thousand_updates_of_every_feed(tmp_path):
    is_shielded_through(Refuge(tmp_path), 1000)

"""What every feed's sources are taken for, unless somebody says otherwise."""

import pytest

from feeds.catalogue import DATED, FEEDS, JOINT, row_word
from feeds.submission import Settings

SETTINGS = {
    "school.census": Settings(dual_registration=True, cadence="termly"),
    "school.census-tables": Settings(dual_registration=True, cadence="termly"),
    "school.ctf": Settings(),
    "health.pds-fhir": Settings(cadence="daily"),
    "health.pds-trace": Settings(nameless=True),
    "social-care.csc": Settings(cadence="daily", holds_few=True),
    "social-care.cin": Settings(cadence="yearly", nameless=True, holds_few=True),
    "social-care.ssda903": Settings(cadence="yearly", nameless=True, holds_few=True),
    "csv": Settings(one_record_each=False, oldest=None),
}
SNAPSHOTS = {"school.census", "school.census-tables", "social-care.cin", "social-care.ssda903"}


def test_every_feed_has_its_settings_and_its_mode():
    assert {name: feed.settings for name, feed in FEEDS.items()} == SETTINGS
    assert {name for name, feed in FEEDS.items() if feed.mode == "snapshot"} == SNAPSHOTS


def test_of_a_source_of_which_nothing_is_said_a_quarter_may_change_and_nobody_is_of_age():
    nothing = Settings()
    assert (nothing.guard_share, nothing.oldest) == (0.25, 19)
    assert (nothing.one_record_each, nothing.dual_registration) == (True, False)
    assert (nothing.verified, nothing.nameless, nothing.holds_few) == ((), False, False)


def test_some_feeds_are_of_several_files_and_some_say_their_day():
    assert {"school.census-tables", "social-care.ssda903"} == JOINT
    assert {"school.census", "school.census-tables", "school.ctf", "social-care.cin"} == DATED


@pytest.mark.parametrize(
    ("word", "feeds"),
    [
        ("child", {"school.census", "school.ctf", "social-care.cin", "social-care.csc"}),
        ("row", {"social-care.ssda903"}),
        ("line", {"school.census-tables", "health.pds-fhir", "health.pds-trace", "csv"}),
    ],
)
def test_a_row_is_called_what_its_number_counts(word, feeds):
    assert {name for name in FEEDS if row_word(name) == word} == feeds

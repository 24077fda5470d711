"""Social care cases in the payload of the Department's daily transfer (CSC API, version 0.7).

They hold the case information that real ones hold (factors, plans, ethnicity), so that leaving
it out is exercised.
"""

from typing import Any

import msgspec

from contactpoint.synth.agencies.social_care import Case

_FACTORS = ("1A", "3B", "4C", "8B", "19A")
_encode = msgspec.json.Encoder().encode

Json = dict[str, Any]


def opening(authority: str) -> bytes:
    """Begin the payload of one authority; children follow, with commas between them."""
    return b'{"la_code": %d, "Children": [\n' % int(authority)


CLOSING = b"\n]}\n"


def child(case: Case) -> bytes:
    """Write one child of a payload."""
    written: Json = {"la_child_id": case.key, "mis_child_id": f"M{case.key}", "purge": case.purge}
    if not case.purge:
        written["child_details"] = _details(case)
        written["health_and_wellbeing"] = {"sdq_assessments": [], "purge": False}
        written["social_care_episodes"] = [_episode(case)]
    return _encode(written)


def _details(case: Case) -> Json:
    said = case.said
    stated = {
        "unique_pupil_number": case.upn,
        "former_unique_pupil_number": case.former_upn,
        "unique_pupil_number_unknown_reason": case.upn_unknown,
        "first_name": said.given[0],
        "surname": said.family,
        "date_of_birth": said.born,
        "expected_date_of_birth": case.expected,
        "sex": said.sex,
        "postcode": said.home.postcode,
        "ethnicity": "WBRI",
    }
    details: Json = {name: value for name, value in stated.items() if value}
    return details | {"disabilities": ["NONE"], "uasc_flag": False, "purge": False}


def _episode(case: Case) -> Json:
    number = int(case.person[1:])
    worker = {"worker_id": case.worker, "start_date": case.referred}
    assessment = {
        "child_and_family_assessment_id": f"A{case.key}",
        "start_date": case.referred,
        "factors": [_FACTORS[number % len(_FACTORS)]],
        "purge": False,
    }
    episode: Json = {
        "social_care_episode_id": f"E{case.key}",
        "referral_date": case.referred,
        "referral_source": "1A",
        "referral_no_further_action_flag": False,
        "care_worker_details": [worker],
        "child_and_family_assessments": [assessment] if number % 2 else [],
        "purge": False,
    }
    if case.closed:
        episode |= {"closure_date": case.closed, "closure_reason": "RC1"}
    if case.placed_at:
        episode["child_looked_after_placements"] = [
            {
                "child_looked_after_placement_id": f"P{case.key}",
                "start_date": case.referred,
                "placement_type": "U1",
                "postcode": case.placed_at,
                "purge": False,
            }
        ]
    return episode

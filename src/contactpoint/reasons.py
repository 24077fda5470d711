"""The codes by which stewards say why they decided as they did."""

from contactpoint.errors import UsageError
from events.judgement import Verdict

REASONS: dict[Verdict, dict[str, str]] = {
    "link": {
        "agency-confirmed": "an agency that knows the child says that both are of one child",
        "same-identifier": "a number that was issued once stands on both, and the rest fits",
        "same-family": "parents, home and birth agree",
        "name-changed": "the name was changed, and the old one is known",
        "typing-error": "what differs is a slip of the pen",
        "records-agree": "seen side by side, they agree",
    },
    "apart": {
        "agency-confirmed": "an agency that knows the children says that they are two",
        "twins": "children of one birth",
        "siblings": "children of one family",
        "different-children": "children who happen to share a name or a birth date",
        "records-differ": "seen side by side, they differ",
        "wrong-identifier": "a number was put on the wrong child",
    },
    "unsure": {
        "too-little": "what the records say does not tell",
        "waiting": "an agency was asked and has not answered",
    },
    "refer": {
        "other-authority": "another authority knows the child",
        "sensitive": "somebody with another clearance should decide",
        "expert": "it takes somebody with more experience",
    },
}


def checked_reason(verdict: Verdict, reason: str) -> str:
    """The reason, if it is one for this verdict. Raises UsageError."""
    if reason not in REASONS[verdict]:
        known = ", ".join(REASONS[verdict])
        raise UsageError(f"reason: expected, for {verdict}, one of {known}")
    return reason

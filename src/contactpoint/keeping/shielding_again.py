"""Shields that a restored backup does not know of: laid again, before anybody could look.

Who asked for them and why is lost with the log; an officer has to look at each by its day. A record
that the backup does not have is listed as well, so that it comes shielded when its file is loaded
again.
"""

from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

from contactpoint.bootstrap import Contactpoint
from contactpoint.judging.acts import hanging
from contactpoint.shielding.acts import ShieldActs
from events.shield import ApplyShield, SpreadShield
from events.store.heads import HeadChanges

RESTORED = "shielded after the backup that was restored"
"""The criterion of such a shield."""


def shield_again(store: Contactpoint, standing: Mapping[UUID, Collection[UUID]]) -> int:
    """Lay each shield over those of its records that none stands over; how many they are."""
    hidden = store.log.heads.shields_over().keys()
    acts = ShieldActs(store.log, store.origin("restore"))
    laid: set[UUID] = set()
    for shield, records in standing.items():
        bare = hanging(set(records) - hidden - laid, store.log).records - hidden - laid
        if bare:
            _lay(acts, shield, bare)
            laid |= bare
    if laid:
        store.log.append(acts.messages, heads=HeadChanges(shields=list(acts.heads())))
    return len(laid)


def _lay(acts: ShieldActs, shield: UUID, records: Collection[UUID]) -> None:
    match acts.state(shield).standing:
        case "standing":
            acts.do(shield, SpreadShield(records))
        case "unknown":
            acts.do(shield, ApplyShield(records, acts.soon(), "restore", RESTORED))
        case "lifted":
            acts.do(uuid4(), ApplyShield(records, acts.soon(), "restore", RESTORED))

"""Persons as described, an oracle that is slow and simple, and an executor without threads."""

from concurrent.futures import Executor, Future

from contactpoint.matching.described import Described
from linkage import blocking
from linkage.described import FLOOR, Grade, graded, likeness, with_number
from linkage.standardise import standardise
from linkage.weigh import weigh, weigh_pattern
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer, Particulars
from person.places import Address
from projections import candidates
from projections.finding import current
from projections.index import CHILD
from projections.projection import Target
from projections.queries import MOST_FOUND
from projections.view import ChildView


class AtOnce(Executor):
    """Does what it is given while it is given it."""

    def submit(self, fn, /, *args, **kwargs):
        done: Future = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def person(  # noqa: PLR0917
    given="Asha", family="Okonjo", birth="2015-03-04", sex="F", postcode="", nhs="", number="",
    *, verified=True, former="", mother="", phone="", upn="",
):  # fmt: skip
    """What is known of somebody; empty words say nothing."""
    names = [PersonName((given,) if given else (), family)] if given or family else []
    if former:
        names.append(PersonName((given,), former, "former"))
    numbers = [Identifier("nhs", nhs, "verified" if verified else "unverified")] if nhs else []
    numbers += [Identifier("upn", upn)] if upn else []
    return Described(
        Particulars(
            names=tuple(names),
            birth=BirthDate(birth) if birth else None,
            sex=sex or None,
            addresses=(Address(postcode=postcode),) if postcode else (),
            identifiers=tuple(numbers),
            phones=(phone,) if phone else (),
            carers=(Carer("Mary", mother, "mother"),) if mother else (),
        ),
        number,
    )


def told(matches):
    """What an answer says: number, score and grade, in its order."""
    if matches.more:
        return "too many"
    return [(m.found.view.number, round(m.probability, 9), str(m.grade)) for m in matches.matched]


def slowly(store, described, model, only_certain=False):
    """The same by comparing the person with every child there is, on the plain path."""
    asked = described.comparable(model.population)
    keys = set(blocking.keys(asked, model.population))
    with store.queries.engine.connect() as connection:
        target = Target(connection)
        ids = [row.child for row in connection.execute(CHILD.select()) if row.status == "current"]
        numbered = store.queries.survivor(described.number, target) if described.number else None
        shown = {one.child.bytes: one.view for one in store.queries.shown(ids, target)}
        likely = {}
        for child, kept in current(ids, target):
            view = shown[child]
            if isinstance(view, ChildView):
                forms = [standardise(one.stated.particulars) for one in kept]
            elif described.asks_hidden or child not in candidates.shielded(target):
                continue
            else:
                forms = [_visible(view)]
            weights = [weigh(asked, form, model) for form in forms]
            met = any(
                keys & set(blocking.keys(form, model.population)) and weight.total >= FLOOR
                for form, weight in zip(forms, weights, strict=True)
            )
            if child == numbered:
                weights = [weigh_pattern(with_number(one.pattern), model) for one in weights]
            if met or child == numbered:
                likely[child] = likeness([(one.total, one.pattern) for one in weights])
    sure = dict(zip(likely, graded(list(likely.values()), model), strict=True))
    wanted = [Grade.CERTAIN] if only_certain else [g for g in Grade if g != Grade.NOT]
    found = [
        (shown[child].number, round(one.probability, 9), str(one.grade))
        for child, one in sure.items()
        if one.grade in wanted
    ]
    alike = sum(one.probability for one in sure.values() if one.grade == Grade.NOT)
    if len(found) > MOST_FOUND or (alike > 0.5 and not only_certain):
        return "too many"
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _visible(view):
    names = (PersonName(view.name.given, view.name.family),) if view.name else ()
    sex = None if view.sex == "U" else view.sex
    return standardise(Particulars(names=names, birth=view.birth, sex=sex))

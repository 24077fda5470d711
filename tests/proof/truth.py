"""The simple slow truth of an index: plain dictionaries of what was stated, decided and laid.

It does not know what the matcher links. It is told the children after each step, and says what
must hold of them, whichever they are. A record is named ``SOURCE:ID``.
"""

from dataclasses import dataclass, field, replace
from itertools import product

from tests.proof.agencies import Agency, Facts

SHORTEST = 6
"""Characters of a word that is searched for in files: shorter ones stand in any file."""
COMPLETE = 10
"""Characters of a full birth date."""


@dataclass(frozen=True)
class Known:
    """What is known of a record: what it last stated, and how it stands."""

    agency: Agency
    facts: Facts
    standing: str = "current"

    @property
    def told(self):
        return self.agency.told(self.facts)

    @property
    def is_complete(self):
        """Whether forename, family name and full birth date are stated."""
        names = "given" in self.agency.says and self.facts.given and self.facts.family
        return bool(names) and len(self.facts.born) == COMPLETE

    @property
    def whom(self):
        """Forename, family name and birth date, as far as they are stated."""
        names = ("given", "family", "born")
        return tuple(getattr(self.facts, n) if n in self.agency.says else "" for n in names)

    def turns(self, before):
        """Whether it names another than before, and states each part in which the two differ."""
        pairs = [(old, new) for old, new in zip(before.whom, self.whom, strict=True) if old != new]
        return bool(pairs) and all(new for _, new in pairs) and self._is_of_a_day(before)

    def _is_of_a_day(self, before):
        return self.facts.born == before.facts.born or len(self.facts.born) == COMPLETE

    def names_the_same(self, other):
        """Whether a verified number, or the authority's own id, says that it is one child."""
        both = {self.agency.source, other.agency.source}
        if both <= {"pds", "trace"}:
            return bool(self.facts.nhs) and self.facts.nhs == other.facts.nhs
        return both <= {"cases", "needs", "lookedafter"} and self.facts.local == other.facts.local


@dataclass(frozen=True)
class Expected:
    """What a load should count; None: either changed or unchanged."""

    new: int = 0
    changed: int | None = 0
    unchanged: int | None = 0
    held: int = 0
    withdrawn: int = 0


@dataclass
class Truth:
    """Everything that people and agencies did."""

    records: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    """All that a record ever stated, by record."""
    judged: dict = field(default_factory=dict)
    """Judgements in force: a pair of records, whether they are one child, and by which act."""
    never: dict = field(default_factory=dict)
    """Never-links in force, each two sides."""
    stood: dict = field(default_factory=dict)
    """What stood on each side before each judgement."""
    apart: dict = field(default_factory=dict)
    """What was withheld before each judgement."""
    retired: dict = field(default_factory=dict)
    """Children that got a new identity: the never-links, and the number, which leads to nobody."""
    had: dict = field(default_factory=dict)
    """What each of them had, or all, where each record was made new; and the first never-link."""
    beside: dict = field(default_factory=dict)
    """The never-links on whose old side each of them stood while it was shown."""
    drawn: list = field(default_factory=list)
    """All never-links, lifted ones too, in their order."""
    shielded: set = field(default_factory=set)
    """Records that must be under a shield."""
    lifted: set = field(default_factory=set)
    """Records that two persons took out from under a shield, with the mark that stood then."""
    children: dict = field(default_factory=dict)
    """The child of each current record, as the application has it; None where it has none."""

    def state(self, agency, people, *, late=False):
        """An agency states these people; returns what its load should count."""
        rows = {f"{agency.source}:{agency.key(one)}": one for one in people}
        counts = {"new": 0, "changed": 0, "unchanged": 0, "held": 0}
        exchanged = set() if late else self._exchanged(agency, rows)
        for name, facts in rows.items():
            become = self._hold if name in exchanged else self._state
            counts[become(name, Known(agency, facts), late=late)] += 1
        gone = set()
        if agency.mode == "snapshot":
            mine = {n for n in self.current() if n.startswith(f"{agency.source}:")}
            gone = mine - rows.keys()
            for name in gone:
                self.records[name] = replace(self.records[name], standing="withdrawn")
        expected = Expected(**counts, withdrawn=len(gone))
        return replace(expected, changed=None, unchanged=None) if late else expected

    def _exchanged(self, agency, rows):
        """Records that the file exchanges with each other: each would go on as the other."""
        turned = {}
        for name, facts in rows.items():
            before, after = self.records.get(name), Known(agency, facts)
            if before and before.standing != "erased" and after.turns(before):
                turned[before.whom, after.whom] = name
        pairs = ((name, turned.get((after, before))) for (before, after), name in turned.items())
        return {name for name, other in pairs if other}

    def _hold(self, name, stated, *, late):
        """A row that is held tells that its record is there (ADR 4), and shields by its mark."""
        assert not late
        known = self.records[name]
        self.records[name] = replace(known, standing="current")
        if not (name in self.lifted and _is_marked(known)):
            self._mark(name, stated)
        return "held"

    def _state(self, name, stated, *, late):
        known = self.records.get(name)
        if known is not None and known.standing == "erased":
            return "held"
        self.words.setdefault(name, set()).update(words_of(name, stated))
        if known is None:
            self.records[name] = stated
            self._mark(name, stated)
            return "new"
        if late:
            return "changed"
        same = known.told == stated.told
        self.records[name] = stated if not same else replace(known, standing="current")
        goes_on = name in self.lifted and _is_marked(known)
        if not (same or goes_on):
            self._mark(name, stated)
        return "unchanged" if same and known.standing == "current" else "changed"

    def _mark(self, name, stated):
        """A record that its feed marks is shielded as it is loaded, with all of its child."""
        if _is_marked(stated) and name not in self.shielded:
            self.shielded |= {name, *self.group(name)}

    def judge(self, left, right, *, same, withheld, act=""):
        """``withheld``: the records that were so before."""
        self.judged[frozenset((left, right))] = same, act
        self.apart[frozenset((left, right))] = withheld
        self.stood[frozenset((left, right))] = self._stood()

    def split(self, off, rest, act):
        """A judgement on each pair across, but for those judged so before."""
        for pair in product(off, rest):
            self.judged.setdefault(frozenset(pair), (False, act))
            self.stood.setdefault(frozenset(pair), self._stood())

    def undo(self, pair, stand):
        """What was judged in one act is undone together; what it brought to a side may leave it.

        Returns what was withheld before it, and may be so again.
        """
        before = self.stood.pop(pair)
        for place, side in self._places().items():
            gone = side - stand[place]
            assert not gone & before.get(place, set()), "invariant 4: it stood there before"
            for stood in (side, *(one.get(place, set()) for one in self.stood.values())):
                stood.difference_update(gone)
        same, act = self.judged.pop(pair)
        self.judged = {one: what for one, what in self.judged.items() if what != (same, act or 0)}
        return self.apart.pop(pair, set())

    def _places(self):
        """Each side of each never-link: the records that stand there."""
        return {(one, n): side for one, sides in self.never.items() for n, side in enumerate(sides)}

    def _stood(self):
        return {place: set(side) for place, side in self._places().items()}

    def draw(self, never_link, left, right):
        self.never.setdefault(never_link, (set(left), set(right)))
        self.drawn.append(never_link)

    def erase(self, names):
        """Returns the words that nobody may find any more. What was judged stays in force."""
        for name in names:
            self.records[name] = replace(self.records[name], standing="erased")
        return self.gone()

    def gone(self):
        """What erased records alone have ever stated."""
        erased = {name for name, one in self.records.items() if one.standing == "erased"}
        left = set().union(*(words for name, words in self.words.items() if name not in erased))
        gone = set().union(*(self.words[name] for name in erased))
        return {word for word in gone if not any(word in other for other in left)}

    def know(self, children, stand):
        """The application has linked: sides and shields grow by whatever is linked to them.

        A withdrawn record stands in where somebody comes near to it, and whom it brings to its side
        nobody can tell from the children: ``stand`` says who stands where.
        """
        self.children = children
        for group in self.groups():
            if group & self.shielded:
                self.shielded |= group
            for side in self._places().values():
                side.update(group if group & side else ())
        for place, side in self._places().items():
            side.update(stand[place] if side - self.current() else ())

    def retire(self, child, number, never_link, had):
        drawn, _ = self.retired.get(child, (set(), number))
        self.retired[child] = drawn | {never_link}, number
        if not drawn:
            self.had[child] = set(had), never_link
            self.beside[child] = {one for one, (old, _) in self.never.items() if old & set(had)}

    def end(self, never_link):
        """It was drawn in error: the old identity, if it was an adoption, is in force again.

        Not where its records have come since to be of an identity that another adoption ended.
        """
        del self.never[never_link]
        adoptions = set().union(*(drawn for drawn, _ in self.retired.values())) - {never_link}
        left = {}
        for child, (drawn, number) in self.retired.items():
            mine = {name for name, of in self.children.items() if of == child}
            old = {one for one in adoptions if self.never[one][0] & mine}
            others = old - self.beside[child]
            if never_link in drawn and not mine:
                others |= self._since(child, adoptions)
            if still := others | drawn - {never_link}:
                left[child] = still, number
        self.retired = left

    def _since(self, child, adoptions):
        """Whoever answers for an identity without records was given up after it, or is now."""
        had, first = self.had[child]
        later = set(self.drawn[self.drawn.index(first) + 1 :]) & adoptions
        homes = {self.children.get(name) for name in had} & self.retired.keys()
        held = set().union(*(self.retired[one][0] for one in homes)) & adoptions
        return held | {one for one in later if had & set().union(*self.never[one])}

    def unseen(self):
        """Records of old identities: they are of a child whom nobody is shown."""
        return {name for name, child in self.children.items() if child in self.retired}

    def current(self):
        return {name for name, one in self.records.items() if one.standing == "current"}

    def groups(self):
        """The current records of each child; of those of nobody, each by itself."""
        found: dict = {}
        for name, child in self.children.items():
            found.setdefault(child or name, set()).add(name)
        return list(found.values())

    def group(self, name):
        """The current records of the child that a record is of."""
        child = self.children.get(name)
        return {n for n, c in self.children.items() if c == child and child is not None}

    def judged_one(self):
        """Sets of records that judgements make one child, also through others."""
        found: list = []
        for pair in (pair for pair, (same, _) in self.judged.items() if same):
            touched = [one for one in found if one & pair]
            found = [one for one in found if not one & pair] + [set(pair).union(*touched)]
        return found

    def outranked(self, group):
        """Whether a never-link keeps some of these records apart, whatever was judged."""
        return any(group & left and group & right for left, right in self.never.values())

    def disobeyed(self):
        """Judgements and never-links that the children do not obey."""
        placed = {name: child for name, child in self.children.items() if child is not None}
        for one in self.judged_one():
            if not self.outranked(one) and len({placed[n] for n in one & placed.keys()}) > 1:
                yield "judged one", one
        for pair, (same, _) in self.judged.items():
            left, right = pair
            # An old identity is held together: each of its records would be seen alone.
            together = left in placed and placed[left] == placed.get(right)
            if not same and together and left not in self.unseen():
                yield "judged two", pair
        for left, right in self.never.values():
            if left & right or any(g & left and g & right for g in self.groups()):
                yield "never one", (left, right)

    def unfounded(self):
        """Records linked without names and birth date, and with nothing in their stead."""
        for group in self.groups():
            for name in group - self.unseen():
                if len(group) > 1 and not self._is_founded(name, group - {name}):
                    yield name, group

    def _is_founded(self, name, others):
        known = self.records[name]
        if any(name in one and one & others for one in self.judged_one()):
            return True
        if not known.is_complete:
            return any(known.names_the_same(self.records[other]) for other in others)
        beside = (self.records[other] for other in others)
        return any(other.is_complete or known.names_the_same(other) for other in beside)


def _is_marked(stated):
    return stated.facts.marked and "marked" in stated.agency.says


def words_of(name, stated):
    """What of a statement nobody may find who only holds the files."""
    key = name.partition(":")[2].rpartition("/")[2]
    told = {str(value) for value in stated.told if isinstance(value, str)}
    return {form for word in {key, *told} for form in forms(word)}


def forms(word):
    """How a word may stand in a file: as it is, and without blanks and hyphens."""
    plain = word.lower()
    found = {plain, plain.replace(" ", "")}
    return {form for form in found if len(form) >= SHORTEST and form[:4] not in YEARS}


YEARS = {"2012", "2013", "2014", "2015"}
"""Birth dates are days of other things too: that they are sealed is tested apart."""

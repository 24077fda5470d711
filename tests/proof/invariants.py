"""An index that is driven from within, and what must hold of it by the truth beside it."""

import json
from collections import defaultdict
from datetime import date, timedelta

import msgspec

from contactpoint.errors import ContactpointError
from contactpoint.following import heads_of
from contactpoint.intake.deciding import Decision
from contactpoint.intake.request import Request
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.judging.sight import child_seen
from contactpoint.judging.splitting import MeantSplit, Splitting
from contactpoint.queue import tasks_of
from contactpoint.separating import Separating
from contactpoint.shielding.officers import Asked
from contactpoint.sources import registration
from events.judgement import PairRaised
from events.never_link import Grounds
from events.shield import Shield, ShieldInherited
from events.shield import evolve as evolve_shield
from events.verify import verify
from feeds.catalogue import FEEDS
from projections.fingerprint import fingerprint
from projections.search import Search
from projections.view import RestrictedView
from tests.contactpoint.installation import Installation
from tests.proof.agencies import AGENCIES, CASE, PEOPLE, SLIPS
from tests.proof.truth import Truth, forms

FIRST_DAY = date(2025, 6, 2)
DATABASES = ("log.db", "keys.db", "access.db")
BY_SOURCE = {agency.source: agency for agency in AGENCIES}
OFFICERS = By("cora", "dele")
BORN = ("chess", "pds")
"""The agencies whose records there are from the beginning."""


class Index:
    """An installation, opened, and the truth about it."""

    def __init__(self, home, truth, days):
        self.home, self.truth, self.days = home, truth, days
        self.late = 0
        self.said = []
        """What was said to people: refusals."""
        self.seen = {}
        """How often each thing happened."""
        self.is_linked = True
        """Whether nothing was loaded since the last linking."""
        self.store = home.opened()
        self.ids = {self.store.record_named(name): name for name in truth.records}
        self.files = home.home.parent

    @classmethod
    def begin(cls, folder):
        """An index with few children; to be copied for each sequence."""
        home = Installation(folder / "home")
        home.run("init")
        (folder / "authority.toml").write_text('authority = "801"\n')
        made = cls(home, Truth(), 0)
        for agency in AGENCIES:
            registered = registration(agency.source, agency.feed, FEEDS[agency.feed].settings)
            unguarded = msgspec.structs.replace(registered, guard_share=1.0)
            made.store.sources.register(unguarded, made.origin("source add"))
        for source in BORN:
            slips = "no number" if source == "chess" else ""
            made.load(source, [(who, slips) for who in range(len(PEOPLE))])
        made.store.close()
        return made

    def count(self, what, number=1):
        self.seen[what] = self.seen.get(what, 0) + number

    def origin(self, command):
        return self.store.origin(command)

    # What agencies do.

    def load(self, source, said, *, late=False, link=True):
        """A delivery of people, each with a slip; its counts are those of the truth."""
        agency = BY_SOURCE[source]
        people = [SLIPS[slip](PEOPLE[who]) for who, slip in said]
        day = self._day(late=late)
        path = self.files / f"{self.days}-{self.late}{agency.suffix}"
        rows = [agency.row(one) for one in people]
        path.write_text(agency.wrapped(rows, day, self.days), encoding="utf-8")
        self.last = self._request(agency, path, day)
        before = self.store.log.position()
        outcome = self.store.loading.load(self.last, self.origin("load"))
        if outcome.state == "held":
            outcome = self._approved(outcome)
            before = self.store.log.position() - outcome.events
        assert outcome.state == "completed", outcome
        assert outcome.events == self._grown_since(before)
        self._counts_add_up(outcome.counts, self.truth.state(agency, people, late=late), people)
        self.count(f"load {agency.feed}")
        self.ids |= {self.store.record_named(name): name for name in self.truth.records}
        self.is_linked = False
        if link:
            self.link()
        else:
            self.read()

    def _approved(self, outcome):
        """A data manager lets through what the guard holds: it would amend more than there are."""
        assert outcome.counts.held == outcome.counts.rows
        approval = Decision(approve=True, reason="asked them")
        self.count("deliveries held and approved")
        return self.store.loading.decide(outcome.delivery, FEEDS, approval, self.origin("approve"))

    def _day(self, *, late):
        if late:
            self.late += 1
            return str(FIRST_DAY - timedelta(days=self.late))
        self.days += 1
        return str(FIRST_DAY + timedelta(days=self.days))

    def _request(self, agency, path, day):
        needs = self.files / "authority.toml" if agency.source == "lookedafter" else None
        feed = FEEDS[agency.feed]
        return Request([path], feed, agency.source, agency.mode, needs, day)

    def _grown_since(self, position):
        """Events since, but for shields laid and pairs asked about: no report tells of those."""
        messages = self.store.log.decode(self.store.log.read(position, 10_000), opened=False)
        events = [message.event for message in messages]
        return sum(one.moves != "shield" and not isinstance(one, PairRaised) for one in events)

    def _counts_add_up(self, counts, expected, people):
        """Invariant 1: every row ends as one thing, and as what the truth says."""
        ends = counts.new + counts.changed + counts.unchanged
        assert counts.rows == ends + counts.out_of_scope + counts.held + counts.rejected
        assert counts.rows == len(people)
        for name in ("new", "changed", "unchanged", "held", "withdrawn"):
            wanted = getattr(expected, name)
            found = getattr(counts, name)
            assert wanted is None or found == wanted, (name, found, wanted)
            self.count(f"rows {name}", found)

    def load_again(self):
        """Invariant 1: the same bytes twice append nothing."""
        before = self.store.log.position()
        again = self.store.loading.load(self.last, self.origin("load"))
        assert again.known, "invariant 1: a delivery twice"
        assert self.store.log.position() == before, "invariant 1: a delivery twice"
        self.count("load again")

    def link(self, *, everything=False, origin=None):
        outcome = self.store.linking.run(
            origin or self.origin("link"), self.store.model, everything=everything
        )
        self.store.checkpoints.write(self.store.log)
        for what, number in outcome.children.items():
            self.count(f"children {what}", number)
        self.count("pairs referred", outcome.referred)
        self.is_linked = True
        self.read()

    def read(self):
        """Tell the truth what the children are now."""
        self.store.catch_up()
        known = {one.record: one.child for one in self.store.workings.records()}
        assert {self.ids[record] for record in known} == self.truth.current(), "standing"
        children = {self.ids[record]: child for record, child in known.items()}
        self.truth.know(children, self._stand())

    def adopt(self, more):
        """Put another model in force: one that was made ready beside."""
        prior = self.store.models.in_force().prior
        other = msgspec.structs.replace(prior, records=3_000_000 * more)
        model = msgspec.structs.replace(self.store.models.in_force(), prior=other)
        if self.store.models.adopt(model, self.origin("model use")):
            self.count("model adopted")
        self.store.__dict__.pop("model", None)
        self.link()

    # What stewards do.

    def judge(self, left, right, verdict):
        """Whether a judgement was taken."""
        judging, pair = self._judging(), Pair.of(*map(self.store.record_named, (left, right)))

        origin, withheld = self.origin("review decide"), self.under("withheld")

        def decide():
            meant = Meant(pair, verdict, "x", judging.open(pair), "Qzremarkword")
            return judging.decide(meant, By("ada", "bram"), origin)

        done = self._try(f"judge {verdict}", decide)
        if done and verdict in ("link", "apart"):
            self.truth.judge(left, right, same=verdict == "link", withheld=withheld)
        self.link(origin=origin)
        return done

    def undo(self, pair):
        judging, ids = self._judging(), Pair.of(*map(self.store.record_named, pair))
        undone = self._try(
            "undo", lambda: judging.undo(ids, By("ada", "bram"), self.origin("undo"))
        )
        before = self.truth.undo(frozenset(pair), self._stand()) if undone else set()
        self.link()
        # What the judgement had brought under a shield may be withheld by it again.
        self.truth.shielded -= before & self.under("withheld")
        return undone

    def _stand(self):
        """The records that stand on each side of each never-link, as the application has it."""
        found: dict = defaultdict(set)
        for one in self.store.log.heads.sided():
            found[one.never_link, int(one.side in {"right", "new"})].add(self.ids[one.record])
        return found

    def judge_and_undo(self, left, right, verdict):
        """What is undone at once leaves every child and number as it was."""
        before = self.numbers()
        if frozenset((left, right)) not in self.truth.judged and self.judge(left, right, verdict):
            self.count("regrouped and undone", self.numbers() != before)
            assert self.undo((left, right))
            changed = sorted(self.numbers().items() ^ before.items(), key=str)
            assert not changed, ("what was undone left its mark", changed)

    def split(self, name, *, keeps):
        """A steward takes a record off its child."""
        child, group = self.truth.children.get(name), self.truth.group(name)
        if child is None or len(group) == 1:
            return
        act = self.origin("review split")
        off = frozenset([self.store.record_named(name)])
        seen = child_seen(child, self.store.log)
        meant = MeantSplit(child, off, seen, "x", off_keeps=keeps, act=act.command)
        splitting = Splitting(self.store.log, self.store.keys, self.store.master)
        planned = self._planned(splitting, meant, act) if self.is_linked else None
        if self._try("split", lambda: splitting.split(meant, By("ada", "bram"), act)):
            rest = {self.ids[record] for record in meant.rest}
            self.truth.split({name}, rest, act.command)
        self.link(origin=act)
        if planned is not None:
            became = {frozenset(self.truth.group(one)) for one in group} - {frozenset()}
            assert planned == became, ("a split is not what its plan says", planned ^ became)
            self.count("splits as planned")

    def _planned(self, splitting, meant, act):
        """The children that a split's plan says there would be; None where it is refused."""
        try:
            judgements = splitting.preview(meant, By("ada", "bram"), act)
        except ContactpointError:
            return None
        follows = self.store.linking.preview(act, self.store.model, judgements)
        named = self.store.workings.records_by_ordinal({o for one in follows for o in one.records})
        return {frozenset(self.ids[named[o].record] for o in one.records) for one in follows}

    def _judging(self):
        return Judging(self.store.log, self.store.keys, self.store.master)

    def _try(self, what, act):
        """The answer of an act, or None where it was refused: then nothing was appended."""
        before = self.store.log.position()
        try:
            done = act()
        except ContactpointError as error:
            self.said.append(str(error))
            assert self.store.log.position() == before, what
            self.count(f"{what} refused")
            return None
        self.count(what)
        return done

    def numbers(self):
        return {self.ids[one.record]: one.number for one in self.store.workings.records()}

    # What officers do.

    def never_link(self, left, right):
        """Two officers keep two records apart, and whatever is linked to either."""
        ids = [{self.store.record_named(name)} for name in (left, right)]
        grounds = Grounds("other", "Qzrequesterword", "Qzremarkword")
        drawn = self._try(
            "never-link",
            lambda: self._separating().draw(*ids, OFFICERS, self.origin("never-link"), grounds),
        )
        if drawn:
            self.truth.draw(drawn, {left}, {right})
        self.link()

    def end_never_link(self, at):
        drawn = list(self.truth.never)
        if drawn:
            drawn = drawn[at % len(drawn)]
            assert self._try(
                "never-link lifted",
                lambda: self._separating().lift(drawn, OFFICERS, self.origin("lift")),
            )
            self.truth.end(drawn)
            self.link()

    def adopted(self, name):
        """A child is adopted: one record is of the new identity, and the old number ends."""
        child, number = self.truth.children.get(name), self.numbers().get(name)
        if child is None:
            return
        separating, new = self._separating(), self.store.record_named(name)
        left = {self.ids[record] for record in separating.belonging(child)} - {name}
        grounds = Grounds("adoption", "Qzrequesterword", "Qzremarkword")
        known = set(self.truth.never)
        drawn = self._try(
            "adoption",
            lambda: separating.adopt(child, {new}, OFFICERS, self.origin("adopt"), grounds),
        )
        if drawn in self.truth.never:
            assert child in self.truth.retired, "an adoption that another act stood for"
        elif drawn:
            self.truth.draw(drawn, left, {name})
            self.truth.retire(child, number, drawn, left or {name})
        self.link()
        if drawn and drawn not in known:
            shown = {one for one in left - self.truth.unseen() if self.truth.children.get(one)}
            assert not shown, ("what was given up is shown", shown)
            assert name not in self.truth.unseen(), "a new identity is shown to nobody"

    def _separating(self):
        store = self.store
        return Separating(
            store.log,
            store.keys,
            store.master,
            store.workings.merged_into,
            store.workings.retired_of,
        )

    def shield(self, name):
        number = self.numbers().get(name)
        if number is None:
            return
        asked = Asked("refuge", "Qzrequesterword")
        laid = self._try(
            "shield", lambda: self.store.shielding.apply(number, asked, self.origin("shield"))
        )
        if laid:
            self.truth.shielded |= self.truth.group(name)

    def lift(self, name):
        """Two persons lift what is over a child: one alone may not, and no other child's goes."""
        number = self.numbers().get(name)
        if number is None:
            return
        shielding, origin = self.store.shielding, self.origin("shield lift")
        assert not self._try(
            "lift alone", lambda: shielding.lift(number, origin.actor, "x", origin)
        )
        lifted = self._try("lift", lambda: shielding.lift(number, "ola", "Qzliftword", origin))
        mine = self.truth.group(name)
        for shield in lifted or ():
            state = self.store.log.replay(shield, Shield(), evolve_shield)
            under = {self.ids[record] for record in state.records}
            # A record that is left of nobody stays under the shield, and is lifted with it.
            placed = {name for name in under if self.truth.children.get(name) is not None}
            assert placed <= mine, ("lifted of another child", placed - mine)
            self.truth.shielded -= under
            self.truth.lifted |= under
        self.read()

    def erase(self, name, *, child):
        """Erase a record, or the child that it is of, and look for what it stated."""
        number = self.numbers().get(name) if child else None
        origin = self.origin("erase")
        if number is None:
            self.store.erasing.record(self.store.record_named(name), origin, reason="asked")
        else:
            self.store.erasing.child(number, origin, reason="asked")
        standing = {head.record: head.state.standing for head in self.store.log.heads.all_records()}
        erased = {
            self.ids[record]
            for record, how in standing.items()
            if how == "erased" and self.truth.records[self.ids[record]].standing != "erased"
        }
        assert name in erased or self.truth.records[name].standing == "erased"
        assert erased - {name} <= set(self.truth.records) if child else erased <= {name}
        gone = self.truth.erase(erased)
        self.count("records erased", len(erased))
        self.link()
        everywhere = [path for path in self.home.home.rglob("*") if path.is_file()]
        self._without(gone, everywhere)

    def reopen(self):
        self.store.close()
        self.store = self.home.opened()
        self.count("reopened")

    # What must hold.

    def holds(self):
        """What is cheap to look at after every step."""
        truth = self.truth
        if self.is_linked:
            assert not list(truth.disobeyed()), ("invariant 4", list(truth.disobeyed()))
            assert not list(truth.unfounded()), ("invariant 5", list(truth.unfounded()))
        sides = {name for sides in truth.never.values() for side in sides for name in side}
        kept = {self.ids[one.record] for one in self.store.log.heads.sided()}
        assert not self.is_linked or sides <= kept, ("invariant 4: sides", sides - kept)
        self._shields_stand()
        self._readers_see_no_more()

    def _shields_stand(self):
        """Invariant 7: those that must be under a shield are, and of current ones no others."""
        truth, under = self.truth, self.under("shielded")
        assert truth.shielded <= under, ("invariant 7", truth.shielded - under)
        current = truth.current()
        # Of records that nobody states now, the application alone knows whose they last were.
        truth.shielded |= under - current
        # So too who came to them since: they stand in for a child of whom nothing else is left.
        truth.shielded |= under & self._beside(truth.shielded - current)
        assert under & current == truth.shielded & current, "more is shielded than must be"
        self.count("steps under a shield", bool(under))

    def _beside(self, names):
        """The records under the shields that any of these is under, or under one that came of it.

        Who came to a withdrawn record and was parted from it when that stood in no more has one.
        """
        found = self.store.log.heads.shielded().items()
        over = {self.ids[r]: {s for s in kinds if kinds[s] == "shielded"} for r, kinds in found}
        theirs = set().union(*(over.get(name, ()) for name in names))
        heirs = {shield for shield in set().union(*over.values()) if self._origin(shield) in theirs}
        return {name for name, shields in over.items() if shields & (theirs | heirs)}

    def _origin(self, shield):
        """The shield that one was inherited from, if it was."""
        first = self.store.log.stream(shield)[0].event
        return first.origin if isinstance(first, ShieldInherited) else None

    def under(self, kind):
        found = self.store.log.heads.shielded()
        return {self.ids[r] for r, kinds in found.items() if kind in kinds.values()}

    def _readers_see_no_more(self):
        """Invariant 10: exports and queue leave out what is hidden."""
        hidden = self.truth.shielded | self.under("withheld") | self.truth.unseen()
        exported = {f"{source}:{key}" for source, key, _ in self.store.open_records.links()}
        wanted = self.truth.current() - hidden
        assert exported == wanted, ("invariant 10: export", exported ^ wanted)
        for pair in self.store.open_records.shown_pairs():
            named = {self.ids[pair.left], self.ids[pair.right]}
            assert not named & hidden, "invariant 10: queue"

    def _the_queue_tells_of_nobody_hidden(self):
        """Invariant 10: the tasks of somebody who is cleared for nothing."""
        for task in tasks_of(self.store):
            pair = task.pair
            named = {self.ids[one] for one in (pair.left, pair.right)} if pair else set()
            assert not self.truth.outranked(named), "invariant 10: a task across a never-link"
            self.count("tasks seen")

    def look(self, name):
        """Invariant 10: a child seen by a practitioner, who also asks by what is hidden."""
        number = self.numbers().get(name)
        if number is None or name in self.truth.unseen():
            return
        queries, truth = self.store.queries, self.truth
        found = queries.child_by_number(number)
        self.store.record_look(
            self.origin("child show"),
            "child show",
            reason="Qzreasonword",
            children=[found.child],
            search={"number": number},
        )
        group = truth.group(name)
        is_shielded = bool(group & truth.shielded)
        assert isinstance(found.view, RestrictedView) == is_shielded, "invariant 10: view"
        self.count("looks at a shielded child" if is_shielded else "looks at a child")
        facts = [truth.records[one] for one in group]
        shown = json.dumps(msgspec.to_builtins(found.view)).lower()
        for known in facts:
            stated = known.facts
            for asked in (Search(postcode=stated.postcode), Search(identifier=stated.nhs)):
                if is_shielded and (asked.postcode or asked.identifier):
                    answer = queries.find(asked)
                    assert number not in {one.view.number for one in answer.found}, "found"
            hidden = (stated.line, stated.postcode, stated.nhs, stated.upn, stated.guardian)
            assert not is_shielded or not any(word.lower() in shown for word in hidden if word)

    def holds_thoroughly(self):
        """What is dear, and looked at every few steps."""
        self.link()
        # The truth learns there whom linking brought under the shields of who is gone.
        self.holds()
        self._nothing_is_left_to_link()
        self._a_rebuild_is_the_same()
        found = verify(self.store.log, self.store.checkpoints, heads_of).findings
        assert not found, ("invariant 9", found)
        self._nothing_is_in_clear()
        self._the_queue_tells_of_nobody_hidden()
        for name in sorted(self.truth.current()):
            self.look(name)
        numbers = [number for _, number in self.truth.retired.values()]
        led = [one for one in numbers if self.store.queries.child_by_number(one) is not None]
        assert not led, "a number retired by an adoption answers"

    def _nothing_is_left_to_link(self):
        """Invariants 1 and 3: linked by deltas, or all at once, is the same."""
        before = self.store.log.position()
        self.store.linking.run(self.origin("link"), self.store.model)
        assert self.store.log.position() == before, "invariant 1: a link with nothing to do"
        plan = self.store.linking.run(
            self.origin("link"), self.store.model, everything=True, plan=True
        )
        led_on = plan.children.pop("merged")
        assert not any(plan.children.values()), ("invariant 3", plan.children)
        assert not plan.referred, ("invariant 3: pairs", plan.referred)
        assert self.store.log.position() == before, "a plan appends nothing"
        if led_on:
            self._only_old_numbers_are_led_on()

    def _only_old_numbers_are_led_on(self):
        """Numbers may depend on how it was linked: that of a child without records, at that."""
        before, numbers = sorted(map(sorted, self.truth.groups())), self.numbers()
        self.link(everything=True)
        assert sorted(map(sorted, self.truth.groups())) == before, "invariant 3"
        assert self.numbers() == numbers, "invariant 3: numbers of current records"
        self.count("numbers of closed children led on")

    def _a_rebuild_is_the_same(self):
        live = fingerprint(self.store.read)
        self.store.projector.rebuild()
        rebuilt = fingerprint(self.store.read)
        differ = [table for table in live if rebuilt.get(table) != live[table]]
        assert rebuilt == live, ("invariant 2", differ)
        self.count("rebuilt")

    def _nothing_is_in_clear(self):
        """Invariants 6 and 8: neither files nor messages tell anything."""
        words = set().union(*self.truth.words.values())
        stored = [path for path in self.home.home.glob("*.db*") if path.name[:-4] != "read"]
        stored = [path for path in stored if path.name.startswith(DATABASES)]
        assert stored
        self._without(words | CASE_WORDS, stored)
        self._without(self.truth.gone() | CASE_WORDS, self.home.home.rglob("*.db*"))
        said = "\n".join(self.said).lower()
        assert not [word for word in words | CASE_WORDS if word in said], "invariant 6: messages"

    def _without(self, words, paths):
        for path in paths:
            text = path.read_bytes().lower()
            found = [word for word in words if word.encode() in text]
            assert not found, ("invariants 6 and 8", path.name, found)


CASE_WORDS = {
    form
    for word in (*CASE, "Qzremarkword", "Qzrequesterword", "Qzliftword", "Qzreasonword")
    for form in forms(word)
}

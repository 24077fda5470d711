"""A steward's desk for tests: patients that no machine may tell apart, and people with tokens."""

import json

from tests.contactpoint.installation import Installation

REASON = ("--reason", "the queue of Monday")


class Desk(Installation):
    """An index of patients, each named by its source, and two stewards: ada and bram."""

    def begin(self):
        self.run("init")
        self.ada = self.token("ada", "steward")
        self.bram = self.token("bram", "steward")
        return self

    def again(self, to):
        copied = Desk(self.copy(to).home)
        copied.ada, copied.bram = self.ada, self.bram
        return copied

    def patient(self, source, number, birth, *, mark="U", family="Okonjo", version=None, **changes):
        patient = {
            "resourceType": "Patient",
            "id": number,
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}],
            "meta": {
                "security": [{"code": mark}],
                "versionId": version or ("2" if mark == "R" else "1"),
            },
            "name": [{"use": "usual", "given": [changes.get("given", "Asha")], "family": family}],
            "birthDate": birth,
            "address": [
                {
                    "use": "home",
                    "line": [changes.get("line", "7 Quill Lane")],
                    "postalCode": changes.get("postcode", "SE15 3QN"),
                }
            ],
        }
        path = self.home.parent / f"{source}-{number}-{version or mark}.ndjson"
        path.write_text(json.dumps(patient) + "\n", encoding="utf-8")
        words = ("--source", source, "--feed", "health.pds-fhir", *changes.get("words", ()))
        self.run("load", path, *words, expected=(0, 3))

    def listed(self, *words, by=None):
        return json.loads(self.run("review", "list", "--json", *words, by=by or self.ada).stdout)

    def opened_pair(self, *pair, by=None):
        shown = self.run("review", "show", *pair, *REASON, "--json", by=by or self.ada)
        return json.loads(shown.stdout)

    def decide(self, *pair, verdict, by=None, seen=None, reason=None, second=""):
        seen = seen or self.opened_pair(*pair, by=by)["seen"]
        reason = (
            reason
            or {"link": "same-family", "apart": "twins", "unsure": "too-little", "refer": "expert"}[
                verdict
            ]
        )
        words = ("--verdict", verdict, "--reason", reason, "--seen", seen, "--json")
        said = self.run("review", "decide", *pair, *words, by=by or self.ada, second=second)
        return json.loads(said.stdout)

    def undo(self, *pair, by=None, second=""):
        said = self.run("review", "undo", *pair, "--json", by=by or self.ada, second=second)
        return json.loads(said.stdout)

    def numbers(self):
        """The number of each record's child, and what every number ever given answers with."""
        with self.opened() as store:
            store.projector.catch_up()
            records = {(one.source, one.key): one.number for one in store.workings.records()}
            answers = {}
            for head in store.log.heads.all_children():
                found = store.queries.child_by_number(head.number)
                answers[head.number] = found.view.number if found else None
            return records, answers

    def children(self):
        """The current records of each child, as a set of sets."""
        groups: dict = {}
        for name, number in self.numbers()[0].items():
            groups.setdefault(number, set()).add(f"{name[0]}:{name[1]}")
        return {frozenset(group) for group in groups.values()}

    def looks(self):
        with self.opened() as store:
            return [m.event for m in store.access.decode(store.access.read(0, 1000))]

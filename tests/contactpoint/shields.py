"""An index with children in danger, officers with tokens, and what a reader is shown."""

import json

from click.testing import CliRunner

from contactpoint.cli.program import program
from events.shield import Shield, evolve
from tests.contactpoint.installation import Installation

WHY = ("--reason", "enquiry 7")


class Refuge(Installation):
    """Commands typed by officers and readers, whose names are their roles' first letters."""

    def __init__(self, folder, environment=(), **options):
        """``environment`` adds settings, as where its databases are."""
        super().__init__(folder / "home", **options)
        self.environment |= dict(environment)
        self.folder = folder
        self._tokens = {}
        self.run("init")

    def lent(self, folder):
        """A copy in another folder, with the same people."""
        copied = self.copy(folder / "home")
        made = type(self).__new__(type(self))
        # Tokens that the copy issues are known to the copy alone.
        own = {"folder": folder, "_tokens": dict(self._tokens)}
        made.__dict__ |= self.__dict__ | copied.__dict__ | own
        return made

    def token(self, subject, *roles, strong=False):
        if subject not in self._tokens:
            words = [word for role in roles for word in ("--role", role)]
            marks = ["--strong"] if strong else []
            made = self.run("token", "--subject", subject, *words, *marks)
            self._tokens[subject] = made.stdout.strip()
        return self._tokens[subject]

    def officer(self, name="olu"):
        return self.token(name, "shielding-officer", strong=True)

    def reader(self):
        return self.token("rita", "practitioner")

    def asked(self, token, *words, second=None):
        """What the program answers to somebody: click's result."""
        given = {"CONTACTPOINT_TOKEN": token}
        if second is not None:
            given["CONTACTPOINT_SECOND_TOKEN"] = second
        typed = [str(word) for word in words]
        return CliRunner(env=self.environment | given).invoke(program, typed, standalone_mode=False)

    def told(self, token, *words, second=None):
        """The JSON of an answer that has to come."""
        answer = self.asked(token, *words, "--json", second=second)
        if answer.exception is not None:
            raise answer.exception
        return json.loads(answer.stdout)

    def load(self, rows, source="club", day="2026-09-01", *words, feed="csv"):
        """Load rows of a table, or an official file; returns the report."""
        if isinstance(rows, list):
            columns = list(dict.fromkeys(key for row in rows for key in row))
            lines = [",".join(columns)]
            lines += [",".join(str(row.get(name, "")) for name in columns) for row in rows]
            path = self.folder / f"{source}-{day}.csv"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            path = rows
        typed = ("load", path, "--source", source, "--feed", feed, "--effective", day, *words)
        return json.loads(self.run(*typed, "--json", expected=(0, 3)).stdout)

    def turn(self, row, day):
        """A row that turns a record into another child is held; a data manager lets it through."""
        report = self.load([row], day=day)
        assert report["held"] == 1
        self.run("delivery", "approve", report["delivery"], "--reason", "asked them")

    def patient(
        self, number, day="2026-09-01", source="pds", *, mark="U", status="01", words=(), **changes
    ):
        """Load a patient of the health service, whose record's id is the number."""
        row = self.patient_row(number, day, mark=mark, status=status, **changes)
        path = self.folder / f"{source}-{number}-{day}.ndjson"
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
        return self.load(path, source, day, *words, feed="health.pds-fhir")

    def patient_row(self, number, day="2026-09-01", *, mark="U", status="01", **changes):
        """A patient as the health service writes it."""
        who = {"given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "postcode": "SE15 3QN"}
        who |= changes
        home = {"use": "home", "line": [who.get("line", "7 Quill Lane")]}
        identifier = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}
        if status == "01":
            code = {"coding": [{"code": "01"}]}
            identifier["extension"] = [{"url": VERIFICATION, "valueCodeableConcept": code}]
        practice = who.get("practice")
        return {
            "resourceType": "Patient",
            "generalPractitioner": [{"identifier": {"value": practice}}] if practice else [],
            "id": who.get("id", number),
            "identifier": [identifier],
            "meta": {"security": [{"code": mark}], "versionId": day.replace("-", "")},
            "name": [{"use": "usual", "given": [who["given"]], "family": who["family"]}],
            "gender": "female",
            "birthDate": who["dob"],
            "address": [{**home, "postalCode": who["postcode"]}],
        }

    def number(self, source, key):
        """The number of the child that a record is of; None where it is of none."""
        with self.opened() as store:
            store.projector.catch_up()
            found = store.workings.record(store.record_named(f"{source}:{key}"))
            return found and found.number

    def show(self, number):
        """What a practitioner is shown."""
        return self.told(self.reader(), "child", "show", number, *WHY)

    def find(self, **asked):
        """The numbers that a practitioner finds."""
        words = [word for name, value in asked.items() for word in (f"--{name}", value)]
        answer = self.asked(self.reader(), "child", "find", *words, *WHY, "--json")
        return [one["number"] for one in json.loads(answer.stdout)["found"]]

    def apply(self, number, *words, officer=None):
        """Shield the child of a number; the shield's id."""
        typed = ("shield", "apply", number, "--criterion", "refuge", "--requester", "duty desk")
        return self.told(officer or self.officer(), *typed, *words)["shield"]

    def lift(self, name):
        words = ("shield", "lift", name, "--reason", "home again")
        return self.told(self.officer(), *words, second=self.officer("ola"))["lifted"]

    def listed(self):
        """The shields that stand: own and inherited."""
        told = self.told(self.officer(), "shield", "list")
        return told["shields"], told["inherited"]

    def shield(self, shield):
        with self.opened() as store:
            return store.log.replay(shield, Shield(), evolve)

    def under(self):
        """How each record stands, by source and key."""
        with self.opened() as store:
            store.projector.catch_up()
            names = {one.record: (one.source, one.key) for one in store.workings.records(current=0)}
            shielded = store.log.heads.shielded()
        return {names.get(record, record): sorted(kinds.values())
                for record, kinds in shielded.items()}  # fmt: skip


VERIFICATION = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
)


def is_open(view):
    """Whether an answer shows more than a shield leaves."""
    return "address" in view

"""A client of another hand: httpx and docs/api.md, docs/fhir.md alone, through the days of people.

It knows nothing of this program; the program is run to make the index, and to serve it.
"""

import json
from dataclasses import dataclass
from time import sleep
from urllib.parse import quote

import httpx
import pytest

from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA
from tests.contactpoint.serving.running import Running

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NUMBER = "urn:contactpoint:number"
FHIR = "/fhir/R4"
SIBLINGS = ("Hugo", "Ines", "Lena")
HOME = {"family": "Quillfeather", "postcode": "LS9 8AA"}


@dataclass
class Client:
    """A system that asks for one person."""

    url: str
    token: str
    purpose: str = "enquiry"
    reason: str = "not collected from school"

    def ask(self, path, body=None, *, expected=200, method="", headers=(), **more):
        """The answer, which has to be the one that is expected; put off, it asks again."""
        said = {"Contactpoint-Purpose": self.purpose, "Contactpoint-Reason": quote(self.reason)}
        sent = {"Authorization": f"Bearer {self.token}", **said, **dict(headers)}
        more |= {} if body is None else {"json": body}
        how = method or ("GET" if body is None else "POST")
        for _ in range(3):
            got = httpx.request(how, self.url + path, headers=sent, timeout=30, **more)
            if got.status_code != 503:
                break
            sleep(int(got.headers["retry-after"]))
        assert got.status_code == expected, (path, got.status_code, got.text)
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["x-request-id"]
        return got

    def read(self, path, body=None, **more):
        """The body of a good answer."""
        return self.ask(path, body, **more).json()

    def refused(self, path, status, body=None, **more):
        """What a refusal says was expected."""
        got = self.ask(path, body, expected=status, **more)
        problem = got.json()
        assert got.headers["content-type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["request"] == got.headers["x-request-id"]
        return problem["detail"]

    def deliveries(self, limit, **where):
        """All deliveries, read page by page from where it went on."""
        page = self.read("/deliveries", params={"limit": limit, **where})
        rest = self.deliveries(limit, cursor=page["cursor"]) if "cursor" in page else []
        return page["deliveries"] + rest

    def tasks(self, limit, **where):
        """All tasks that await, likewise."""
        page = self.read("/reviews", params={"limit": limit, **where})
        rest = self.tasks(limit, cursor=page["cursor"]) if page["more"] else []
        return page["tasks"] + rest

    def shields(self, limit, **where):
        """All shields that stand, likewise."""
        page = self.read("/shields", params={"limit": limit, **where})
        rest = self.shields(limit, cursor=page["cursor"]) if "cursor" in page else []
        return page["shields"] + page["inherited"] + rest

    def found(self, **asked):
        """All children who answer to a search."""
        page = self.read("/children/search", asked)
        rest = self.found(**asked | {"cursor": page["cursor"]}) if "cursor" in page else []
        return page["found"] + rest

    def number(self, nhs):
        """The number of the child who has an NHS number."""
        asked = {"identifiers": [{"system": "nhs", "value": nhs}]}
        return self.read("/children/lookup", asked)["results"][0]["child"]["number"]

    def changes(self, cursor=""):
        """What happened to numbers since, and where to go on."""
        plain = Client(self.url, self.token, purpose="duty")
        told = plain.read("/changes", params={"cursor": cursor})
        return told["changes"], told["cursor"]


@pytest.fixture(scope="module")
def office(filled, tmp_path_factory):
    """An index that is served, with three siblings, and two records that are to be judged."""
    desk = filled.lent(tmp_path_factory.mktemp("office"))
    rows = [{"key": f"q{n}", "given": given, "dob": f"201{n}-01-0{n}", "sex": "F", **HOME}
            for n, given in enumerate(SIBLINGS, start=2)]  # fmt: skip
    alike = {"given": "Dele", "family": "Adeyemi", "dob": "2016-05-04", "sex": "M"}
    desk.load([*rows, {"key": "a", **alike, "postcode": "LS1 4AP"}], "club")
    desk.load([{"key": "b", **alike, "dob": "2014-11-23", "postcode": "LS9 9ZZ"}], "choir")
    desk.run("review", "raise", "club:a", "choir:b", "--reason", "looks alike", expected=(0, 1))
    desk.run("review", "raise", "club:q2", "club:q3", "--reason", "twins?", expected=(0, 1))
    desk.environment |= {"CONTACTPOINT_PEOPLE": "practitioner=6", "CONTACTPOINT_BURST": "1000"}
    made = Running(desk, workers=1)
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.fixture
def come_in(office):
    """Lets somebody in, by a name and what they are."""

    def person(name, role="practitioner", purpose="enquiry", **said):
        token = office.desk.person(name, role, **said)
        return Client(f"http://127.0.0.1:{office.port}", token, purpose)

    return person


def test_a_practitioner_finds_a_child_and_reads_who_works_with_it(come_in):
    ada = come_in("ada", organisation="Y00001")
    found = ada.found(given="Ash*", family="okonjo", birth="2015-03-04")
    assert [one["name"]["given"] for one in found] == [["Asha"]]
    path = f"/children/{found[0]['number']}"
    shown = ada.ask(path, headers={"X-Request-ID": "ada-0000001"})
    child = shown.json()
    assert shown.headers["x-request-id"] == "ada-0000001"
    assert (child["view"], child["name"]["value"]["family"]) == ("whole", "Okonjo")
    assert child["address"]["value"]["address"]["postcode"] == "SE15 3QN"
    assert child["birth"]["value"]["value"] == "2015-03-04"
    assert "identifiers" not in child
    tag = shown.headers["etag"]
    for known in (tag, f'"another", {tag}', f"W/{tag}"):
        assert ada.ask(path, expected=304, headers={"If-None-Match": known}).content == b""
    holders = ada.read(f"{path}/services")["holders"]
    assert {one["source"] for one in holders} == {"pds", "school"}
    assert ada.read(f"{path}/history")["history"][0]["what"] == "record received"
    assert ada.read(f"{path}/on/2026-10-01")["number"] == child["number"]
    ada.ask(f"{path}/on/2020-01-01", expected=404)
    assert ada.read(f"{path[:-8]}%20{path[-8:-4]}%20{path[-4:]}") == child


def test_a_search_goes_on_page_by_page_and_identifiers_are_answered_in_their_order(come_in):
    bea = come_in("bea", organisation="Y00001")
    told = bea.found(**HOME, limit=1)
    assert sorted(one["name"]["given"][0] for one in told) == sorted(SIBLINGS)
    assert [one["number"] for one in told] == sorted(one["number"] for one in told)
    held = [("nhs", "900 000 0017"), ("upn", "B855200417001"), ("nhs", CORA)]
    asked = {"identifiers": [{"system": system, "value": value} for system, value in held]}
    results = bea.read("/children/lookup", asked)["results"]
    assert [one["outcome"] for one in results] == ["found", "none", "none"]
    assert results[0]["child"]["name"]["family"] == "Vermeer"


def test_a_practitioner_asks_in_fhir(come_in):
    cleo = come_in("cleo", organisation="Y00001", system="nhs")
    stated = httpx.get(f"{cleo.url}{FHIR}/metadata").json()
    assert {one["type"] for one in stated["rest"][0]["resource"]} == {
        "Patient", "RelatedPerson", "CareTeam",
    }  # fmt: skip
    person = {"resourceType": "Patient", "birthDate": "2015-03-04", "gender": "female",
              "name": [{"family": "Okonjo", "given": ["Asha"]}],
              "address": [{"postalCode": "SE15 3QN"}]}  # fmt: skip
    matched = cleo.read(f"{FHIR}/Patient/$match", person)["entry"][0]
    assert matched["search"]["extension"][0]["valueCode"] == "certain"
    number = matched["resource"]["id"]
    read = cleo.ask(f"{FHIR}/Patient/{number}")
    assert {one["system"] for one in read.json()["identifier"]} == {NUMBER, NHS}
    known = {"If-None-Match": read.headers["etag"]}
    cleo.ask(f"{FHIR}/Patient/{number}", expected=304, headers=known)
    form = {"family": "Okonjo", "given": "Ash*", "birthdate": "eq2015-03-04"}
    bundle = cleo.read(f"{FHIR}/Patient/_search", method="POST", data=form)
    assert [one["resource"]["id"] for one in bundle["entry"]] == [number]
    team = cleo.read(f"{FHIR}/CareTeam", params={"patient": f"Patient/{number}"})
    assert [one["resource"]["resourceType"] for one in team["entry"]] == ["CareTeam"]
    cleo.read(f"{FHIR}/RelatedPerson", params={"patient": number})
    crossed = cleo.read(f"{FHIR}/Patient/$ihe-pix", params={"sourceIdentifier": f"{NHS}|{ASHA}"})
    assert [one["name"] for one in crossed["parameter"]] == ["targetIdentifier", "targetId"]
    for path, status in (("Patient/1", 404), ("Patient?family=Okonjo", 422), ("Basic", 404)):
        refusal = cleo.read(f"{FHIR}/{path}", expected=status)
        assert refusal["resourceType"] == "OperationOutcome"


def test_a_shielded_child_is_looked_at_through_its_shield_once_and_by_few(come_in):
    dora = come_in("dora", organisation="Y00001", override=True)
    [seen] = dora.found(family="Danjuma", birth="2013-01-30")
    assert dora.found(family="Danjuma", birth="2013-01-30", postcode="N19 3AA") == []
    path = f"/children/{seen['number']}"
    shown = dora.ask(path)
    assert shown.json().keys() == {"view", "number", "contact", "name", "sex", "birth"}
    assert dora.read(f"{path}/services").keys() == {"number", "contact"}
    through, tag = f"{path}/override", {"If-Match": shown.headers["etag"]}
    dora.refused(through, 428, method="POST")
    dora.refused(through, 412, method="POST", headers={"If-Match": '"another"'})
    come_in("ada").refused(through, 403, method="POST", headers=tag)
    assert dora.read(through, method="POST", headers=tag)["view"] == "whole"
    assert dora.ask(path).content == shown.content


def test_who_asks_clumsily_is_told_what_was_expected(come_in):
    ed = come_in("ed", organisation="Y00001")
    path = "/children/search"
    assert ed.refused(path, 422, {"family": "Okonjo"}).startswith("expected an identifier")
    asked = {"family": "Okonjo", "birth": "2015-02-29"}
    assert ed.refused(path, 422, asked) == "birth: expected a day that exists"
    assert "unknown field" in ed.refused(path, 400, {"postCode": "SE15 3QN"})
    assert "JSON" in ed.refused(path, 400, method="POST", content=b"family=Okonjo")
    assert ed.ask(path, expected=405).headers["allow"] == "OPTIONS, POST"
    ed.reason = ""
    assert ed.refused("/children/1", 422).startswith("Contactpoint-Reason")
    ed.purpose, ed.reason = "involvement", "he is on our list"
    assert "enquiry" in ed.refused(f"/children/{come_in('eve').number(BRAM)}", 403)
    ed.purpose = "enquiry"
    assert "expected duty" in ed.refused("/changes", 403)
    got = httpx.get(f"{ed.url}/children/1")
    assert (got.status_code, got.headers["www-authenticate"]) == (
        401,
        'Bearer realm="contactpoint"',
    )
    weak = come_in("weak", organisation="Y00001", strong=False)
    challenge = weak.ask("/children/1", expected=401).headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge


def test_who_asks_for_more_children_than_anybody_needs_is_put_off_until_tomorrow(come_in):
    gil = come_in("gil", organisation="Y00001")
    known = [gil.number(ASHA), gil.number(BRAM)]
    gil.found(**HOME)
    gil.found(family="Danjuma", birth="2013-01-30")
    put_off = gil.ask(
        "/children/search", {"family": "Adeyemi", "birth": "2016-05-04"}, expected=429
    )
    assert 0 < int(put_off.headers["retry-after"]) <= 86_400
    assert [gil.read(f"/children/{number}")["number"] for number in known] == known


def test_a_steward_judges_a_pair_and_takes_it_back(come_in):
    stella, sven = (come_in(name, "steward", "duty") for name in ("stella", "sven"))
    _, before = stella.changes()
    waiting = {one["pair"]: one["task"] for one in stella.tasks(limit=1)}
    assert list(waiting) == [one["pair"] for one in stella.tasks(limit=1000)]
    assert sorted(waiting.values()) == ["potential duplicate", "potential linkage"]
    pair = next(pair for pair, kind in waiting.items() if kind == "potential linkage")
    path = f"/reviews/{pair}"
    opened = stella.ask(path)
    numbers = {opened.json()[side]["child"] for side in ("left", "right")}
    tag = {"If-Match": opened.headers["etag"]}
    stella.read(f"{path}/claim", method="POST")
    sven.refused(f"{path}/claim", 409, {"minutes": 5})
    sven.refused(f"{path}/release", 409, method="POST")
    body = {"verdict": "link", "reason": "agency-confirmed"}
    assert "agency-confirmed" in stella.refused(
        f"{path}/decision", 422, body | {"reason": "because"}, headers=tag
    )
    stella.refused(f"{path}/decision", 428, body)
    stella.refused(f"{path}/decision", 412, body, headers={"If-Match": '"9.9.9.9"'})
    key = tag | {"Idempotency-Key": "stella-0001"}
    first, again = (stella.ask(f"{path}/decision", body, headers=key) for _ in range(2))
    assert again.json() == first.json() == {"pair": pair, "new": True, "linked": True}
    assert again.headers["idempotent-replayed"] == "true"
    stella.refused(f"{path}/decision", 422, body | {"remarks": "rang"}, headers=key)
    [merged], cursor = stella.changes(before)
    gone, stays = merged["number"], merged["into"]
    assert (merged["what"], {gone, stays}) == ("merged", numbers)
    moved = stella.ask(f"/children/{gone}")
    assert moved.headers["content-location"] == f"/children/{stays}"
    assert moved.json()["number"] == stays
    link = stella.read(f"{FHIR}/Patient/{gone}")["link"][0]["other"]["reference"]
    team = stella.read(f"{FHIR}/CareTeam", params={"patient": gone})["entry"][0]["resource"]
    assert link == team["subject"]["reference"] == f"Patient/{stays}"
    assert stella.read(f"{path}/undo", {"remarks": "two after all"})["new"]
    after, _ = stella.changes(cursor)
    assert {(one["number"], one["what"]) for one in after} == {(gone, "restored"), (stays, "split")}
    assert stella.read(f"/children/{gone}")["number"] == gone


def test_officers_shield_a_child_look_again_and_lift_it_by_two(come_in):
    olu, ola = (come_in(name, "shielding-officer", "duty") for name in ("olu", "ola"))
    hana = come_in("hana", organisation="Y00001")
    number = hana.number(BRAM)
    asked = {"number": number, "criterion": "refuge", "requester": "duty desk",
             "safe_parents": [{"given": "Vera", "family": "Vermeer"}]}  # fmt: skip
    assert "refuge" in olu.refused("/shields", 422, asked | {"criterion": "danger"})
    assert "review" in olu.refused("/shields", 422, asked | {"review": "2020-01-01"})
    laid = olu.ask("/shields", asked, expected=201)
    assert hana.read(f"/children/{number}")["view"] == "shielded"
    olu.refused("/shields", 409, asked)
    path, tag = f"/shields/{laid.json()['shield']}", {"If-Match": laid.headers["etag"]}
    looked = olu.ask(f"{path}/review", {"review": "2999-01-01"}, headers=tag)
    [listed] = [one for one in olu.shields(limit=1) if one["children"] == [number]]
    assert looked.headers["etag"] == f'"{listed["version"]}"'
    both = {"If-Match": looked.headers["etag"], "Contactpoint-Second": f"Bearer {ola.token}"}
    olu.refused(f"{path}/lift", 403, method="POST", headers={"If-Match": both["If-Match"]})
    olu.refused(f"{path}/lift", 412, method="POST", headers=both | tag)
    second = olu.refused(f"{path}/lift", 401, method="POST",
                         headers=both | {"Contactpoint-Second": "Bearer x"})  # fmt: skip
    assert second.startswith("Contactpoint-Second")
    assert olu.read(f"{path}/lift", method="POST", headers=both)["standing"] == "lifted"
    assert hana.read(f"/children/{number}")["view"] == "whole"


def test_a_data_manager_reads_what_became_of_files(come_in):
    mara = come_in("mara", "data-manager", "duty")
    told = mara.deliveries(limit=2)
    assert {one["source"] for one in told} == {"pds", "school", "club", "choir"}
    assert len({one["delivery"] for one in told}) == len(told)
    assert [one["first"] for one in told] == sorted((one["first"] for one in told), reverse=True)
    report = mara.read(f"/deliveries/{told[0]['delivery']}")
    assert report["delivery"] == told[0]
    assert "club" in {one["source"] for one in mara.read("/sources")["sources"]}
    assert mara.read("/sources/club/quality")["counts"]["new"] == 4
    come_in("ada").refused("/deliveries", 403)


def test_an_auditor_finds_a_look_by_the_id_of_its_request(office, come_in, tmp_path):
    ira = come_in("ira", organisation="Y00001")
    look = {"X-Request-ID": "ira-7c1f33d0"}
    path = f"/children/{ira.number(ASHA)}"
    ira.ask(path, headers=look)
    out = tmp_path / "looks.ndjson"
    code, _, said = office.desk.finish(
        "audit", "export", out, "--from", "2020-01-01", "--to", "2999-12-31", "--reader", "ira"
    )
    assert code == 0, said
    events = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {one["resourceType"] for one in events} == {"AuditEvent"}
    [one] = [one for one in events if look["X-Request-ID"] in json.dumps(one)]
    assert one["agent"][0]["purposeOfUse"][0]["text"] == "not collected from school"

import json

import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.pds_fhir import PdsFhir
from feeds.submission import FeedError
from feeds.text import Limits
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer
from person.places import Address
from person.services import Involvement

FEED = "health.pds-fhir"


@pytest.fixture
def pds(read, samples):
    return read(FEED, samples / "pds.ndjson")


@pytest.fixture
def written(read, tmp_path):
    def write(text):
        path = tmp_path / "pds.ndjson"
        path.write_text(text, encoding="utf-8")
        return read(FEED, path)

    return write


def test_a_patient_has_names_with_use_and_period(pds):
    assert pds.submissions["9000000009"].particulars.names == (
        PersonName(("Zoë", "Ann"), "Okafor", "legal", "2015-01-02"),
        PersonName(("Zoë",), "Reid", "former"),
    )


def test_an_nhs_number_is_verified_only_with_status_01(pds):
    (traced,) = pds.submissions["9000000009"].particulars.identifiers
    (untraced,) = pds.submissions["9000000025"].particulars.identifiers
    assert (traced.status, untraced.status) == ("verified", "unverified")


def test_an_id_that_differs_from_the_identifier_is_a_superseded_number(pds):
    assert pds.submissions["9000000041"].particulars.identifiers == (
        Identifier("nhs", "9000000084"),
        Identifier("nhs", "9000000041", "superseded"),
    )


def test_version_and_time_of_change_order_the_statements(pds):
    first = pds.submissions["9000000009"]
    assert (first.sequence, first.effective) == (2, "2026-03-01T09:30:00+00:00")


def test_an_address_keeps_lines_town_postcode_and_property(pds):
    assert pds.submissions["9000000009"].particulars.addresses == (
        Address(("14 Copeland Road", "Peckham"), "London", "SE15 3QN", "123456789012"),
    )


def test_numbers_no_longer_in_use_are_left_out(pds):
    particulars = pds.submissions["9000000009"].particulars
    assert particulars.phones == ("01632960587",)
    assert particulars.emails == ("carer@example.com",)


def test_the_practice_is_an_involvement(pds):
    practice = Involvement("gp", "Y12345", start="2015-02-01")
    assert pds.submissions["9000000009"].particulars.involvements == (practice,)


def test_a_related_person_is_a_carer_of_the_patient_before(pds):
    mother = Carer("Ada", "Okafor", "mother", phone="01632960222", nhs="9990001006")
    assert pds.submissions["9000000009"].particulars.carers == (mother,)


@pytest.mark.parametrize(("end", "carers"), [("2020-05-06", 0), ("2999-01-01", 1)])
def test_a_contact_whose_time_has_ended_is_no_carer(written, end, carers):
    patient = {
        "resourceType": "Patient",
        "id": "9000000009",
        "birthDate": "2014-05-09",
        "contact": [{
            "name": {"given": ["Vesper"], "family": "Quince"},
            "relationship": [],
            "period": {"end": end},
        }],
    }  # fmt: skip
    told = written(json.dumps(patient)).submissions["9000000009"]
    assert len(told.particulars.carers) == carers


def test_a_restricted_patient_is_marked_and_a_redacted_one_purged(pds):
    assert pds.submissions["9000000025"].particulars.restricted
    assert not pds.submissions["9000000009"].particulars.restricted
    assert pds.submissions["9000000033"].purge


@pytest.mark.parametrize(("key", "order"), [("9000000009", 2), ("9000000025", None)])
def test_the_order_of_birth_is_read_and_not_known_is_nothing(pds, key, order):
    assert pds.submissions[key].particulars.birth_order == order


def test_a_partial_birth_date_is_kept_as_it_is(pds):
    assert pds.submissions["9000000025"].particulars.birth == BirthDate("2012-07")


def test_no_fixed_abode_and_leaving_england_are_statements(pds):
    particulars = pds.submissions["9000000041"].particulars
    assert particulars.no_known_address
    assert (particulars.left_england, particulars.return_intent) == ("2025-03-01", "unknown")


def test_values_that_cannot_be_right_are_remarks(pds):
    assert set(pds.remarks("9000000041")) == {
        ("EMPTY", "name.family"),
        ("DATE-FUTURE", "birthDate"),
        ("SEX-CODE", "gender"),
        ("BIRTH-ORDER", "multipleBirthInteger"),
    }


def test_a_field_of_the_wrong_form_costs_that_field_only(pds):
    assert pds.remarks("9000000076") == [("FHIR-FORM", "address")]
    assert pds.submissions["9000000076"].particulars.died == "2020-05-05"


def test_a_name_or_an_address_of_one_text_is_a_remark_and_not_taken_apart(written):
    patient = {
        "resourceType": "Patient",
        "id": "9000000009",
        "birthDate": "2014-05-09",
        "name": [{"text": "Thora Quince"}],
        "address": [{"text": "14 Copeland Road, London"}],
        "contact": [{"name": {"text": "Vesper Quince"}, "relationship": []}],
    }
    (taken,) = written(json.dumps(patient) + "\n").rows
    told = {(each.rule, each.field) for each in taken.remarks}
    assert told == {("FHIR-FORM", name) for name in ("name", "address", "contact.name")}
    stated = taken.particulars
    assert (stated.names, stated.addresses, stated.carers) == ((), (), ())


def test_a_text_beside_the_parts_of_a_name_is_no_mistake(written):
    name = '"name":[{"text":"Ada Obi","given":["Ada"],"family":"Obi"}]'
    line = '{"resourceType":"Patient","id":"9000000009",%s}\n'
    assert written(line % name).rows[0].remarks == ()


def test_a_row_without_id_without_identity_or_that_is_no_json_is_rejected(pds):
    assert pds.faults == [("PDS-ID", 6), ("NO-IDENTITY", 7), ("JSON", 8)]


def test_what_is_not_taken_is_counted(pds):
    dropped = pds.reading.dropped
    assert dropped["caseNotes"] == dropped["communication"] == dropped["name.prefix"] == 1
    assert dropped["Extension-UKCore-EthnicCategory"] == 1


def test_a_bundle_in_a_line_and_a_document_over_many_lines_are_read(written):
    bundle = (
        '{"resourceType": "Bundle",%s"entry": [{"resource": {"resourceType": "RelatedPerson",'
        '"patient": {"reference": "Patient/9000000009"}, "relationship": [{"coding": [{"code":'
        ' "Guardian"}]}], "name": [{"given": ["Ada"], "family": "Obi"}]}}, {"resource":'
        ' {"resourceType": "Patient", "id": "9000000009", "name": [{"family": "Obi"}]}}]}'
    )
    for break_ in (" ", "\n"):
        (patient,) = written(bundle % break_).rows
        assert patient.particulars.carers == (Carer("Ada", "Obi", "guardian"),)


def test_every_resource_of_a_bundle_has_a_number_of_its_own(written):
    line = '{"resourceType":"Patient","id":"%s","name":[{"family":"Obi"}]}'
    other = '{"resourceType":"RelatedPerson","patient":{"reference":"Patient/b"}}'
    entries = [f'{{"resource":{each}}}' for each in (line % "a", other, line % "b", line % "c")]
    bundle = f'{{"resourceType":"Bundle","entry":[{",".join(entries)}]}}'
    lines = "\n".join([line % "x", bundle, "no json", line % "y"]) + "\n"
    told = [(each.line, getattr(each, "key", "")) for each in written(lines).rows]
    assert told == [(1, "x"), (2, "a"), (4, "b"), (5, "c"), (6, ""), (7, "y")]
    listed = written(f"[{bundle},\n{bundle}]").rows
    assert [each.line for each in listed] == [1, 3, 4, 5, 7, 8]


def test_a_removed_notice_of_death_is_no_death(written):
    url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus"
    patient = (
        '{"resourceType":"Patient","id":"9000000009","name":[{"family":"Obi"}],'
        '"deceasedDateTime":"2020-01-01","extension":[{"url":"%s","extension":[{"url":'
        '"deathNotificationStatus","valueCodeableConcept":{"coding":[{"code":"%s"}]}}]}]}\n'
    )
    assert written(patient % (url, "R")).rows[0].particulars.died == ""
    assert written(patient % (url, "2")).rows[0].particulars.died == "2020-01-01"


BIRTH = """{"resourceType": "Bundle", "type": "transaction", "entry": [
  {"fullUrl": "urn:uuid:baby", "resource": {"resourceType": "Patient", "id": "9000000009",
    "birthDate": "2026-01-02", "name": [{"use": "temp", "given": ["Twin 2"], "family": "Obi"}]}},
  {"resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:baby"},
    "code": {"coding": [{"code": "246435002"}]}, "valueInteger": 2}},
  {"resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:baby"},
    "code": {"coding": [{"code": "364589006"}]}, "valueQuantity": {"value": 3100}}},
  {"resource": {"resourceType": "RelatedPerson", "patient": {"reference": "urn:uuid:baby"},
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9000000025"}],
    "relationship": [{"coding": [{"code": "GESTM"}]}]}},
  {"fullUrl": "urn:uuid:mother", "resource": {"resourceType": "Patient", "id": "9000000025",
    "birthDate": "2009-03-04", "name": [{"family": "Obi", "given": ["Ada"]}],
    "communication": []}},
  {"fullUrl": "urn:uuid:place", "resource": {"resourceType": "Location"}},
  {"response": {"status": "201"}}]}"""


def test_a_notice_of_birth_tells_the_mother_and_how_many_were_born(written):
    read = written(BIRTH)
    baby, mother = (read.submissions[key].particulars for key in ("9000000009", "9000000025"))
    assert baby.births == 2
    assert baby.carers == (Carer("Ada", "Obi", "mother", nhs="9000000025"),)
    assert (mother.births, mother.carers) == (None, ())
    assert read.reading.dropped == {"Observation": 1, "Location": 1, "communication": 1}


def test_a_mother_whom_no_patient_of_the_notice_is_stays_without_a_name(written):
    baby = written(BIRTH.replace('"value": "9000000025"', '"value": "9000000017"')).rows[0]
    assert baby.particulars.carers == (Carer(relationship="mother", nhs="9000000017"),)
    child = written(BIRTH.replace('"value": "9000000025"', '"value": "9000000009"')).rows[0]
    assert child.particulars.carers == (Carer(relationship="mother", nhs="9000000009"),)


def test_related_persons_of_nobody_in_the_file_are_counted(written):
    person = '{"resourceType":"RelatedPerson","patient":{"reference":"Patient/%s"}}'
    patient = '{"resourceType":"Patient","id":"9000000009","birthDate":"2015-01-02"}'
    read = written("\n".join([person % "9000000009", patient, person % "9000000025"]) + "\n")
    assert read.reading.dropped == {"RelatedPerson": 2}
    bundle = '{"resourceType":"Bundle","entry":[{"resource":%s}]}' % (person % "9000000009")
    assert written(bundle).reading.dropped == {"RelatedPerson": 1}


def test_a_null_says_nothing_wherever_it_stands(written):
    (patient,) = written(
        '{"resourceType":"Patient","id":"9000000009","meta":null,"gender":null,"name":[null,'
        '{"use":null,"given":["Ada",null],"family":"Obi","period":null}],"telecom":null}'
    ).rows
    assert patient.particulars.names == (PersonName(("Ada",), "Obi"),)
    assert patient.remarks == ()


@pytest.mark.parametrize(
    ("code", "carers"),
    [("Carer", ("carer",)), ("PRN", ("parent",)), ("SIS", ()), ("CHILD", ())],
)
def test_brothers_sisters_and_children_are_no_carers(written, code, carers):
    text = (
        '{"resourceType":"Patient","id":"9000000009","birthDate":"2015-01-02","contact":[{"name":'
        '{"given":["Ada"],"family":"Obi"},"relationship":[{"coding":[{"code":"%s"}]}]}]}'
    )
    (patient,) = written(text % code).rows
    assert tuple(each.relationship for each in patient.particulars.carers) == carers


@pytest.mark.parametrize(
    ("meta", "restricted"),
    [
        ('{"versionId":3,"security":[{"code":"R"}]}', True),
        ('{"security":[{"code":"V"}]}', True),
        ('{"security":{"code":"R"}}', True),
        ('{"security":null}', False),
        ("null", False),
        ('{"security":[{"code":"U"}]}', False),
    ],
)
def test_marks_that_cannot_be_read_count_as_a_restriction(written, meta, restricted):
    text = '{"resourceType":"Patient","id":"9000000009","birthDate":"2015-01-02","meta":%s}'
    (patient,) = written(text % meta).rows
    assert patient.particulars.restricted is restricted


@pytest.mark.parametrize(
    ("meta", "placed"),
    [
        ('{"versionId":"%s"}' % ("9" * 5000), (0, "")),
        ('{"versionId":7}', (7, "")),
        ('{"lastUpdated":"2026-01-02T09:30:00Z"}', (0, "2026-01-02T09:30:00Z")),
        ('{"lastUpdated":"2026-01-02T99:30:00Z"}', (0, "")),
        ('{"lastUpdated":"2026-01"}', (0, "")),
        ('{"lastUpdated":"9999-01-02"}', (0, "")),
    ],
)
def test_a_version_or_time_that_cannot_be_right_orders_nothing(written, meta, placed):
    text = '{"resourceType":"Patient","id":"9000000009","birthDate":"2015-01-02","meta":%s}'
    (patient,) = written(text % meta).rows
    assert (patient.sequence, patient.effective) == placed
    assert bool(patient.remarks) is ("lastUpdated" in meta and not placed[1])


def test_a_line_that_does_not_say_what_it_is_is_rejected(written):
    patient = '{"resourceType":"Patient","id":"9000000009","birthDate":"2015-01-02"}'
    read = written(f'{patient}\n{{"id":"9000000025","birthDate":"2015-01-02"}}\n')
    assert read.faults == [("FHIR-TYPE", 2)]


def test_a_document_that_is_no_json_is_named_by_its_line(written):
    with pytest.raises(FeedError, match=r"^pds\.ndjson: line 4: expected whole JSON"):
        written('{\n"resourceType": "Patient",\n"id": "9000000009",\n"birthDate": #\n}')


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"OperationOutcome"}',
        "id,name\n1,Obi\n",
        "\n\n",
        '{"resourceType":"Patient","id":"90000',
        '{"resourceType":"Patient","x":' + "[" * 100_000,
    ],
)
def test_what_is_no_file_of_patients_is_refused_whole(written, text):
    with pytest.raises(FeedError):
        written(text)


@pytest.mark.parametrize(
    ("link", "merged_into"),
    [
        ([{"other": {"reference": "Patient/9000000017"}, "type": "replaced-by"}], "9000000017"),
        ([{"other": {"identifier": {"value": "9000000017"}}, "type": "replaced-by"}], "9000000017"),
        ([{"other": {"reference": "Patient/9000000017"}, "type": "replaces"}], ""),
        ([{"type": "replaced-by"}], ""),
        ("Patient/9000000017", ""),
    ],
)
def test_a_link_says_by_which_record_a_patient_was_replaced(written, link, merged_into):
    patient = {
        "resourceType": "Patient",
        "id": "9000000009",
        "name": [{"use": "usual", "given": ["Asha"], "family": "Okonjo"}],
        "link": link,
    }
    told = written(json.dumps(patient) + "\n")
    assert told.submissions["9000000009"].merged_into == merged_into


def test_a_record_under_a_superseded_number_was_replaced_by_that_of_its_successor(pds):
    assert pds.submissions["9000000041"].merged_into == "9000000084"
    assert pds.submissions["9000000009"].merged_into == ""


UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
PDS = "https://fhir.nhs.uk/StructureDefinition/Extension-PDS-"
NHS = "https://fhir.nhs.uk/Id/nhs-number"


@pytest.fixture
def stated(written):
    """What is taken of one Patient with these fields: its row, and its particulars."""

    def state(*others, **fields):
        patient = {"resourceType": "Patient", "id": "9000000009", "birthDate": "2015-01-02"}
        read = written("".join(f"{json.dumps(each)}\n" for each in (patient | fields, *others)))
        return read.submissions[fields.get("id", "9000000009")], read.reading.dropped

    return state


def related(code="MTH", **said):
    """A RelatedPerson in the line after its Patient, whom PDS does not name then."""
    role = {"coding": [{"code": code}]}
    name = [{"given": ["Ada"], "family": "Obi"}]
    return {"resourceType": "RelatedPerson", "relationship": [role], "name": name} | said


def test_a_source_of_the_feed_sends_what_changed(pds):
    assert pds.reading.mode == "delta"


def test_a_redacted_record_is_purged_from_its_own_place_in_time_on(stated):
    meta = {"versionId": "7", "lastUpdated": "2026-01-02", "security": [{"code": "REDACTED"}]}
    row, _ = stated(meta=meta)
    assert (row.purge, row.sequence, row.effective) == (True, 7, "2026-01-02")


@pytest.mark.parametrize(
    ("key", "taken"), [("a.B-1", True), ("a" * 64, True), ("a" * 65, False), ("a_b", False)]
)
def test_an_id_is_one_as_fhir_has_it(written, key, taken):
    (row,) = written(f'{{"resourceType":"Patient","id":"{key}","birthDate":"2015-01-02"}}\n').rows
    assert getattr(row, "rule", "") == ("" if taken else "PDS-ID")


@pytest.mark.parametrize(("digits", "version"), [(18, 10**18 - 1), (19, 0)])
def test_a_version_that_the_log_cannot_hold_is_none(stated, digits, version):
    assert stated(meta={"versionId": "9" * digits})[0].sequence == version


def test_related_persons_are_carers_of_the_patient_in_the_line_before_and_of_no_other(written):
    patient = '{"resourceType":"Patient","id":"%s","birthDate":"2015-01-02"}'
    people = [json.dumps(related(code)) for code in ("MTH", "FTH", "GUARD")]
    lines = [patient % "a", *people[:2], patient % "b", "", patient % "c", people[2]]
    read = written("\n".join(lines) + "\n")
    told = {
        key: [each.relationship for each in row.particulars.carers]
        for key, row in read.submissions.items()
    }
    assert read.faults == []
    assert told == {"a": ["mother", "father"], "b": [], "c": ["guardian"]}


@pytest.mark.parametrize(
    ("code", "said", "carer"),
    [
        ("FTH", {}, Carer("Ada", "Obi", "father")),
        ("PRNFOST", {}, Carer("Ada", "Obi", "foster carer")),
        ("GUARDIAN", {}, Carer("Ada", "Obi", "guardian")),
        ("C", {}, Carer("Ada", "Obi", "emergency contact")),
        ("SPS", {}, None),
        ("MTH", {"active": False}, None),
        ("MTH", {"name": [{"given": ["Ada", "Bea"]}]}, Carer("Ada Bea", "", "mother")),
        ("MTH", {"name": []}, None),
    ],
)
def test_who_is_a_carer_depends_on_the_role_and_on_being_active(stated, code, said, carer):
    row, _ = stated(related(code, **said))
    assert row.particulars.carers == ((carer,) if carer else ())


def test_a_sister_who_is_the_carer_is_a_carer(stated):
    roles = [{"coding": [{"code": "SIS"}, {"code": "CARER"}]}]
    (carer,) = stated(related(relationship=roles))[0].particulars.carers
    assert carer.relationship == "carer"


def test_of_a_carer_the_first_telephone_is_taken_and_only_a_mothers_nhs_number(stated):
    said = {
        "name": [],
        "telecom": [
            {"system": "email", "value": "ada@example.com"},
            {"system": "phone", "value": "01632960111"},
            {"system": "phone", "value": "01632960222"},
        ],
        "identifier": [
            {"system": "https://example.com/staff", "value": "9000000017"},
            {"system": NHS, "value": "9000000025"},
        ],
    }
    mother, father = stated(related("MTH", **said), related("FTH", **said))[0].particulars.carers
    assert mother == Carer(relationship="mother", phone="01632960111", nhs="9000000025")
    assert father == Carer(relationship="father", phone="01632960111")


def test_a_child_that_is_kept_under_its_mothers_number_has_no_number(stated):
    number = [{"system": NHS, "value": "9000000009"}]
    row, _ = stated(related(identifier=number), identifier=number)
    assert row.particulars.identifiers == ()
    assert [each.rule for each in row.remarks] == ["NHS-MOTHER"]


@pytest.mark.parametrize(
    ("use", "taken"),
    [
        ("usual", "legal"), ("official", "legal"), ("temp", "temporary"),
        ("nickname", "preferred"), ("old", "former"), ("maiden", "birth"), ("anonymous", None),
    ],
)  # fmt: skip
def test_a_name_has_the_use_that_pds_gives_it_and_an_anonymous_one_is_none(stated, use, taken):
    period = {"start": "2015-02-03", "end": "2019-04-05"}
    name = {"use": use, "given": ["Ada", "Bea"], "family": "Obi", "suffix": ["OBE"]}
    row, dropped = stated(name=[name | {"period": period}])
    kept = PersonName(("Ada", "Bea"), "Obi", taken or "", "2015-02-03", "2019-04-05")
    assert row.particulars.names == ((kept,) if taken else ())
    assert dropped == {"name.suffix": 1} | ({} if taken else {"name": 1})


@pytest.mark.parametrize(
    ("use", "taken"),
    [("home", "home"), ("temp", "temporary"), ("old", "former"), ("billing", None)],
)
def test_an_address_has_its_use_and_period_and_where_bills_go_is_none(stated, use, taken):
    home = {"use": use, "line": ["1 High St"], "city": "London", "postalCode": "SE15 3QN"}
    row, dropped = stated(address=[home | {"period": {"start": "2020-01-01", "end": "2021-01-01"}}])
    place = ("London", "SE15 3QN", "", taken or "", "2020-01-01", "2021-01-01")
    assert row.particulars.addresses == ((Address(("1 High St",), *place),) if taken else ())
    assert dropped == ({} if taken else {"address": 1})


def test_of_five_lines_the_fourth_is_the_town_unless_one_is_named(stated):
    five = ["", "1 High St", "Peckham", "London", "Surrey"]
    for city, lines, town in (
        (None, ("1 High St", "Peckham", "Surrey"), "London"),
        ("Leeds", ("1 High St", "Peckham", "London", "Surrey"), "Leeds"),
    ):
        (home,) = stated(address=[{"line": five, "city": city}])[0].particulars.addresses
        assert (home.lines, home.town) == (lines, town)


@pytest.mark.parametrize(
    ("address", "homeless"),
    [
        ({"line": ["No fixed abode"]}, True),
        ({"postalCode": "ZZ99 3VZ"}, True),
        ({"postalCode": "ZZ99 3WZ"}, False),
        ({"line": ["No fixed abode"], "period": {"end": "2020-01-01"}}, False),
    ],
)
def test_no_fixed_abode_is_stated_by_words_or_by_its_postcode_until_it_ends(
    stated, address, homeless
):
    row, _ = stated(address=[address])
    assert (row.particulars.no_known_address, row.particulars.addresses) == (homeless, ())


def test_of_an_addresss_keys_the_property_number_is_taken(stated):
    keys = [
        {
            "url": f"{UK_CORE}AddressKey",
            "extension": [
                {"url": "type", "valueCoding": {"code": code}},
                {"url": "value", "valueString": value},
            ],
        }
        for code, value in (("PAF", "10000000"), ("UPRN", "123456789012"))
    ]
    (home,) = stated(address=[{"line": ["1 High St"], "extension": keys}])[0].particulars.addresses
    assert home.uprn == "123456789012"


@pytest.mark.parametrize(
    ("code", "when", "left"),
    [
        ("EMB", {"start": "2025-03-01"}, "2025-03-01"),
        ("SCT", {"start": "2025-03-01"}, "2025-03-01"),
        ("NIT", {"start": "2025-03-01"}, "2025-03-01"),
        ("EMB", {}, "unknown"),
        ("EMB", {"start": "2019-03-01", "end": "2020-03-01"}, ""),
        ("TRA", {"start": "2025-03-01"}, ""),
    ],
)
def test_who_has_left_england_and_not_come_back_is_told_by_the_reason(stated, code, when, left):
    parts = [
        {"url": "removalFromRegistrationCode", "valueCodeableConcept": {"coding": [{"code": code}]}}
    ]
    parts += [{"url": "effectiveTime", "valuePeriod": when}] if when else []
    row, _ = stated(extension=[{"url": f"{PDS}RemovalFromRegistration", "extension": parts}])
    told = row.particulars.left_england, row.particulars.return_intent
    assert told == (left, "unknown" if left else "")


@pytest.mark.parametrize(("code", "died"), [("1", "2020-01-01"), ("R", ""), ("U", "")])
def test_a_notice_of_death_stands_until_it_is_removed(stated, code, died):
    status = {
        "url": "deathNotificationStatus",
        "valueCodeableConcept": {"coding": [{"code": code}]},
    }
    notice = {"url": f"{UK_CORE}DeathNotificationStatus", "extension": [status]}
    row, _ = stated(deceasedDateTime="2020-01-01", extension=[notice])
    assert row.particulars.died == died


def test_a_death_to_come_is_none(stated):
    row, _ = stated(deceasedDateTime="2999-01-01")
    assert row.particulars.died == ""
    assert [each.rule for each in row.remarks] == ["DATE-FUTURE"]


def test_a_mobile_that_takes_messages_is_a_telephone(stated):
    points = [{"system": kind, "value": "07700 900123"} for kind in ("sms", "fax")]
    assert stated(telecom=points)[0].particulars.phones == ("07700900123",)


@pytest.mark.parametrize(
    ("fields", "births", "order", "rules"),
    [
        ({"multipleBirthInteger": 7}, None, 7, []),
        ({"multipleBirthInteger": 8}, None, None, []),
        ({"multipleBirthInteger": 9}, None, None, []),
        ({"multipleBirthInteger": 0}, None, None, ["BIRTH-ORDER"]),
        ({"multipleBirthBoolean": False}, 1, None, []),
        ({"multipleBirthBoolean": True}, None, None, []),
    ],
)
def test_what_pds_says_of_the_birth_is_known_for_what_it_means(
    stated, fields, births, order, rules
):
    row, _ = stated(**fields)
    assert (row.particulars.births, row.particulars.birth_order) == (births, order)
    assert [each.rule for each in row.remarks] == rules


def observed(number, code="246435002", subject="Patient/9000000009"):
    about = {"code": {"coding": [{"code": code}]}, "valueInteger": number}
    return {"resourceType": "Observation", "subject": {"reference": subject}} | about


@pytest.mark.parametrize(
    ("observation", "births"),
    [
        (observed(2), 2),
        (observed(1), 1),
        (observed(9), 9),
        (observed(0), 1),
        (observed(10), 1),
        (observed(3, code="364589006"), 1),
        (observed(3, subject=""), 1),
    ],
)
def test_only_an_observation_of_how_many_were_born_says_that(stated, observation, births):
    row, _ = stated(observation, multipleBirthBoolean=False)
    assert row.particulars.births == births


def test_a_number_of_another_system_is_no_nhs_number(stated):
    local = {"system": "https://example.com/local", "value": "9000000017"}
    row, _ = stated(identifier=[local, {"system": NHS, "value": "9000000009"}])
    assert row.particulars.identifiers == (Identifier("nhs", "9000000009"),)


def test_only_the_status_of_the_number_itself_verifies_it(stated):
    other = {"url": f"{UK_CORE}Other", "valueCodeableConcept": {"coding": [{"code": "01"}]}}
    row, _ = stated(identifier=[{"system": NHS, "value": "9000000009", "extension": [other]}])
    assert row.particulars.identifiers[0].status == "unverified"


def test_a_practice_has_its_name_and_the_day_that_it_ended(stated):
    period = {"start": "2015-02-01", "end": "2019-03-01"}
    practice = {"display": "High Street", "identifier": {"value": "Y12345", "period": period}}
    assert stated(generalPractitioner=[practice])[0].particulars.involvements == (
        Involvement("gp", "Y12345", "High Street", start="2015-02-01", end="2019-03-01"),
    )


def test_a_patient_of_a_bundle_is_named_by_the_end_of_its_address_too(written):
    url = "https://pds.example.com/Patient/baby"
    patient = {"resourceType": "Patient", "id": "9000000009", "birthDate": "2026-01-02"}
    mother = related(patient={"reference": "Patient/baby"})
    entries = [{"resource": mother}, {"fullUrl": url, "resource": patient}]
    bundle = {"resourceType": "Bundle", "entry": entries}
    (row,) = written(json.dumps(bundle) + "\n").rows
    assert [each.relationship for each in row.particulars.carers] == ["mother"]


@pytest.mark.parametrize("begins", ["[", "[\n"])
def test_a_list_of_patients_is_recognised(tmp_path, begins):
    path = tmp_path / "pds.json"
    path.write_text(begins + '{"resourceType":"Patient","id":"1","birthDate":"2015-01-02"}]')
    assert recognise(path) is FEEDS[FEED]


def test_a_related_person_who_is_of_another_patient_is_no_carer_of_the_one_before(stated):
    row, dropped = stated(related(patient={"reference": "Patient/9000000025"}))
    assert (row.particulars.carers, dropped) == ((), {"RelatedPerson": 1})


def test_a_related_person_with_a_name_keeps_it_whatever_a_patient_of_that_number_is_called(written):
    named = '"relationship": [{"coding": [{"code": "GESTM"}]}], "name": [{"given": ["Eve"]}]'
    text = BIRTH.replace('"relationship": [{"coding": [{"code": "GESTM"}]}]', named)
    (carer,) = written(text).submissions["9000000009"].particulars.carers
    assert (carer.given, carer.family) == ("Eve", "")


def test_a_code_counts_wherever_among_its_codings_it_stands(stated):
    codings = [{"code": "present"}, {"code": "01"}]
    kind = f"{UK_CORE}NHSNumberVerificationStatus"
    status = {"url": kind, "valueCodeableConcept": {"coding": codings}}
    row, _ = stated(identifier=[{"system": NHS, "value": "9000000009", "extension": [status]}])
    assert row.particulars.identifiers[0].status == "verified"


def test_a_document_of_many_lines_is_no_larger_than_one_element_may_be(read, tmp_path):
    path = tmp_path / "pds.json"
    path.write_text('{\n"resourceType": "Patient",\n"id": "1",\n"birthDate": "2015-01-02"\n}')
    assert len(read(FEED, path).rows) == 1
    with pytest.raises(FeedError, match="one whole JSON resource in each line"):
        read(PdsFhir(limits=Limits(element=40)), path)


@pytest.mark.parametrize(("end", "used"), [("2026-04-29", 0), ("2026-04-30", 1)])
def test_what_ends_today_is_still_in_use(read, tmp_path, end, used):
    path = tmp_path / "pds.ndjson"
    phone = {"system": "phone", "value": "01632960587", "period": {"end": f"{end}T00:00:00Z"}}
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "2015-01-02", "telecom": [phone]}
    path.write_text(json.dumps(patient) + "\n")
    (row,) = read(PdsFhir(clock=lambda: "2026-04-30"), path).rows
    assert len(row.particulars.phones) == used


def test_a_patient_without_identity_is_rejected_by_its_id(written):
    (fault,) = written('{"resourceType":"Patient","id":"9000000009"}\n').rows
    assert (fault.rule, fault.key) == ("NO-IDENTITY", "9000000009")


def test_a_link_into_a_system_names_nobody_and_no_place(stated):
    link = "https://ecaf.example/case/7"
    name = {"given": [link, "Mia"], "family": link}
    home = {"line": [link, "14 Copeland Road"], "city": link, "postalCode": "SE15 3QN"}
    row, _ = stated(name=[name], address=[home], contact=[{"name": name, "relationship": []}])
    assert row.particulars.names == (PersonName(("Mia",), ""),)
    assert row.particulars.addresses == (Address(("14 Copeland Road",), "", "SE15 3QN"),)
    assert row.particulars.carers == ()
    assert {one.field for one in row.remarks if one.rule == "LINK"} == {
        "name.given", "name.family", "address.line", "address.city",
        "contact.name.given", "contact.name.family",
    }  # fmt: skip

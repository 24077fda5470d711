"""Who calls: an issuer's tokens by keys that change; and how soon a revoked one counts no more."""

import hmac
import json
import time
from base64 import urlsafe_b64encode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from contactpoint.people.actor import Role
from contactpoint.people.issuer import Issuer
from contactpoint.people.tokens import RevokedTokenError
from contactpoint.serving import identity
from contactpoint.serving.identity import Identity, IssuerTokens
from contactpoint.serving.problems import UnauthenticatedError
from events.access import ActRefused
from tests.contactpoint.serving.conftest import ASHA

URL, AUDIENCE, NOW = "https://issuer.example", "contactpoint", 1_800_000_000
ISSUER = Issuer(URL, AUDIENCE, strong=("loa3",))
CLAIMS = {
    "iss": URL, "aud": AUDIENCE, "sub": "ada", "iat": NOW, "exp": NOW + 300, "amr": ["pwd", "mfa"],
    "contactpoint_roles": ["practitioner"], "organisation": "Y00001", "authority": "213",
    "family_name": "Lovelace",
}  # fmt: skip


class Authority:
    """An issuer: keys that it publishes, and tokens that it signs."""

    def __init__(self):
        self.keys = [ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})]
        self.fetched = []
        self.broken = False

    def fetch(self, url):
        self.fetched.append(url)
        if self.broken:
            raise ValueError("no answer")
        if url.endswith("openid-configuration"):
            return {"jwks_uri": f"{URL}/keys"}
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def token(self, key=None, algorithm="ES256", header=(), **changes):
        key = key or self.keys[-1]
        said = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
        stated = {"alg": algorithm, "kid": getattr(key, "kid", None) or "k1", **dict(header)}
        return jwt.encode(stated, said, key, algorithms=[algorithm])


def signed_with(header, secret):
    """A token under a keyed hash over what everybody may know."""
    parts = b".".join(_encoded(json.dumps(part).encode()) for part in (header, CLAIMS))
    return (parts + b"." + _encoded(hmac.digest(secret, parts, "sha256"))).decode()


def _encoded(part):
    return urlsafe_b64encode(part).rstrip(b"=")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def reads(authority, clock):
    return IssuerTokens(ISSUER, lambda _: 0, authority.fetch, clock)


def test_a_token_names_a_person_with_what_the_issuer_vouches_for(reads, authority):
    actor = reads(authority.token(), NOW)
    assert (actor.subject, actor.roles, actor.strong) == ("ada", {Role.PRACTITIONER}, True)
    assert (actor.organisation, actor.authority, actor.family) == ("Y00001", "213", "Lovelace")
    assert authority.fetched == [f"{URL}/.well-known/openid-configuration", f"{URL}/keys"]


@pytest.mark.parametrize(
    "changes",
    [{"iss": "https://other.example"}, {"aud": "other"}, {"aud": ["other"]}, {"exp": NOW - 31},
     {"nbf": NOW + 31}, {"iat": NOW + 31}, {"sub": ""}, {"sub": "os:root"}, {"sub": "OS:root"},
     {"sub": "System"}, {"sub": None},
     {"exp": None}, {"contactpoint_roles": ["king"]}, {"contactpoint_roles": "practitioner"},
     {"authority": "999"}, {"amr": "mfa"}],
)  # fmt: skip
def test_a_token_that_says_something_else_names_nobody(reads, authority, changes):
    with pytest.raises(UnauthenticatedError) as refused:
        reads(authority.token(**changes), NOW)
    assert "ada" not in str(refused.value)


def test_moments_may_be_parts_of_seconds(reads, authority):
    said = {"exp": NOW + 60.5, "iat": NOW - 0.5, "nbf": NOW - 0.5}
    assert reads(authority.token(**said), NOW).subject == "ada"


def test_one_of_several_audiences_is_enough(reads, authority):
    assert reads(authority.token(aud=["other", AUDIENCE]), NOW).subject == "ada"


@pytest.mark.parametrize(
    ("changes", "strong"),
    [({}, True), ({"amr": ["pwd"]}, False), ({"amr": [], "acr": "loa3"}, True),
     ({"amr": [], "acr": "loa1"}, False), ({"amr": None}, False)],
)  # fmt: skip
def test_strong_authentication_is_what_the_issuer_says_of_it(reads, authority, changes, strong):
    assert reads(authority.token(**changes), NOW).strong is strong


def test_no_other_algorithm_counts_than_those_that_are_stated(reads, authority):
    public = authority.keys[0].as_pem(private=False)
    forged = signed_with({"alg": "HS256", "kid": "k1"}, public)
    other = ECKey.generate_key("P-384", {"kid": "k1"})
    header, body, _ = authority.token().split(".")
    unsigned = f"{header}.{body}."
    for token in (forged, authority.token(other, "ES384"), unsigned, "a.b.c", "é"):
        with pytest.raises(UnauthenticatedError):
            reads(token, NOW)


def test_an_algorithm_that_is_not_stated_of_the_issuer_does_not_count(authority, clock):
    other = Issuer(URL, AUDIENCE, algorithms=("PS256",))
    with pytest.raises(UnauthenticatedError):
        IssuerTokens(other, lambda _: 0, authority.fetch, clock)(authority.token(), NOW)


def test_a_key_that_is_new_is_fetched_and_not_more_often_than_that(reads, authority, clock):
    reads(authority.token(), NOW)
    authority.keys.append(ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"}))
    with pytest.raises(UnauthenticatedError):
        reads(authority.token(), NOW)
    clock.now += identity.NEW_KEYS_AFTER + 1
    assert reads(authority.token(), NOW).subject == "ada"
    fetched = len(authority.fetched)
    stranger = ECKey.generate_key("P-256", {"kid": "k9"})
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            reads(authority.token(stranger), NOW)
    assert len(authority.fetched) == fetched


def test_a_key_that_was_withdrawn_stops_to_count(reads, authority, clock):
    old = authority.keys[0]
    reads(authority.token(old), NOW)
    authority.keys[:] = [ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"})]
    clock.now += identity.KEYS_FOR + 1
    with pytest.raises(UnauthenticatedError):
        reads(authority.token(old), NOW)


def test_an_issuer_that_does_not_answer_is_no_reason_to_forget_its_keys(reads, authority, clock):
    reads(authority.token(), NOW)
    authority.broken = True
    clock.now += identity.KEYS_FOR + 1
    assert reads(authority.token(), NOW).subject == "ada"
    clock.now += 2 * identity.KEYS_FOR + 1
    with pytest.raises(UnauthenticatedError):
        reads(authority.token(), NOW)


def test_keys_are_forgotten_also_where_they_are_asked_for_in_vain_all_the_time(
    reads, authority, clock
):
    reads(authority.token(), NOW)
    authority.broken = True
    stranger = ECKey.generate_key("P-256", {"kid": "k9"})
    begun = clock.now
    while clock.now - begun < 2 * identity.KEYS_FOR:
        assert reads(authority.token(), NOW).subject == "ada"
        clock.now += 240
        with pytest.raises(UnauthenticatedError):
            reads(authority.token(stranger), NOW)
    clock.now += 240
    with pytest.raises(UnauthenticatedError):
        reads(authority.token(), NOW)


def test_keys_that_could_not_be_fetched_are_asked_for_again_soon(reads, authority, clock):
    old = authority.keys[0]
    reads(authority.token(old), NOW)
    authority.keys[:] = [ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"})]
    authority.broken = True
    clock.now += identity.KEYS_FOR + 1
    assert reads(authority.token(old), NOW).subject == "ada"
    authority.broken = False
    clock.now += identity.AGAIN_AFTER + 1
    with pytest.raises(UnauthenticatedError):
        reads(authority.token(old), NOW)


def test_all_tokens_of_a_person_count_no_more_from_when_they_were_revoked(authority, clock):
    revoked = IssuerTokens(ISSUER, lambda sub: NOW if sub == "ada" else 0, authority.fetch, clock)
    with pytest.raises(RevokedTokenError):
        revoked(authority.token(), NOW + 5)
    assert revoked(authority.token(iat=NOW + 1), NOW + 5).subject == "ada"
    assert revoked(authority.token(sub="bram"), NOW + 5).subject == "bram"


def test_what_names_nobody_is_read_again_each_time():
    asked = []

    def read(token, now):
        asked.append(token)
        raise UnauthenticatedError("no")

    of = Identity(read)
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            of.of("Bearer abc")
    assert asked == ["abc", "abc"]


def test_a_weak_token_is_not_taken_for_known_because_it_was_read_a_moment_ago(authority, reads):
    of = Identity(lambda token, _: reads(token, NOW))
    weak, strong = (f"Bearer {authority.token(amr=said)}" for said in (["pwd"], ["mfa"]))
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            of.of(weak)
        assert of.known(weak) is None
    actor = of.of(strong)
    assert of.known(strong) is actor


@pytest.mark.parametrize("scheme", ["Basic: ", "Digest ", "Bearer\t", "xxxxxxx"])
def test_a_token_that_was_read_a_moment_ago_counts_under_no_other_scheme(authority, reads, scheme):
    of = Identity(lambda token, _: reads(token, NOW))
    token = authority.token()
    actor = of.of(f"Bearer {token}")
    assert of.known(f"BEARER  {token}") is actor
    assert of.of(f"bearer {token}") is of.of(f"BEARER {token}") is actor
    assert of.known(f"{scheme}{token}") is None
    with pytest.raises(UnauthenticatedError):
        of.of(f"{scheme}{token}")


def test_a_revoked_token_is_refused_within_a_minute(own):
    with own.serving():
        token, path = own.reader(), f"/children/{own.number('pds', ASHA)}"
        assert own.ask(path).status_code == 200
        assert identity.TRUSTED_FOR <= 60
        own.run("token", "revoke", "--subject", "rita")
        later = time.monotonic() + identity.TRUSTED_FOR + 0.1
        own.client.app.state.service.identity.clock = lambda: later
        refused = own.ask(path, by=token)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    denied = own.looks(ActRefused)[-1]
    assert (denied.reader, denied.act) == ("rita", "use a revoked token")
    assert denied.request == refused.headers["x-request-id"]


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer a b", "Bearer é"])
def test_without_a_bearer_token_nobody_is_answered(desk, header):
    sent = {} if header is None else {"Authorization": header.encode("latin-1")}
    answered = desk.client.get(f"/children/{desk.number('pds', ASHA)}", headers=sent)
    assert answered.status_code == 401
    assert answered.headers["www-authenticate"].startswith("Bearer ")
    assert json.loads(answered.content).keys() == {"title", "status", "detail", "request"}


def test_a_token_without_strong_authentication_is_not_enough(desk):
    weak = desk.person("wanda", strong=False)
    answered = desk.ask(f"/children/{desk.number('pds', ASHA)}", by=weak)
    assert answered.status_code == 401
    assert "insufficient_user_authentication" in answered.headers["www-authenticate"]

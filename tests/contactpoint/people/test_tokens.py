"""Tokens: they name who was named when they were made, and nothing else passes for one."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from contactpoint.errors import UsageError
from contactpoint.people.actor import Actor, Role
from contactpoint.people.tokens import DAY, TokenError, issue, read
from events.master import MasterKey

NOW = 1_800_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ADA = Actor(
    "ada@example.org", frozenset({Role.STEWARD, Role.AUDITOR}), "213", "Elm Surgery", strong=True
)


def issued(person=ADA, key=KEY, days=1):
    return issue(person, key, now=NOW, days=days, token_id="7f3a9c21")


def encoded(part):
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


def decoded(part):
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(claims, header=None, sign=KEY.sign):
    """A token by hand: any header, any claims, any signature."""
    text = encoded(header or {"typ": "JWT", "alg": "Ed25519"}) + b"." + encoded(claims)
    return (text + b"." + urlsafe_b64encode(sign(text)).rstrip(b"=")).decode()


def claims(**changes):
    known = decoded(issued().split(".")[1]) | changes
    return {name: value for name, value in known.items() if value is not None}


def test_a_token_names_whom_it_was_issued_for():
    assert read(issued(), KEY, now=NOW) == ADA
    assert read(f" {issued()}\n", KEY, now=NOW + DAY - 1) == ADA


def test_a_token_by_hand_is_read_as_ours_is():
    assert read(signed(claims()), KEY, now=NOW) == ADA


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (signed(claims(exp=NOW)), "expired"),
        (signed(claims(nbf=NOW + 1)), "not valid yet"),
        (signed(claims(iat=NOW + 1)), "not valid yet"),
        (issued(key=Ed25519PrivateKey.generate()), "not signed by this index"),
        (issued()[:-8] + "AAAAAAAA", "not signed by this index"),
        (signed(claims(roles=["steward", "king"])), "expected practitioner, steward"),
        (signed(claims(roles=[])), "something else"),
        (signed(claims(roles="steward")), "no token"),
        (signed(claims(strong="yes")), "no token"),
        (signed(claims(exp=None)), "no token"),
        (signed(claims(sub=None)), "no token"),
        (signed(claims(exp="soon")), "something else"),
        (signed(claims(iss="elsewhere")), "something else"),
        (signed([1, 2]), "no token"),
        ("", "empty"),
        ("   ", "empty"),
        ("ada", "no token"),
        ("a.b.c", "no token"),
        ("\udcff.é.\0", "no token"),
        ("." * 9_000, "longer"),
    ],
)
def test_what_is_no_token_in_force_says_what_would_be_right(token, said):
    with pytest.raises(TokenError, match=said) as raised:
        read(token, KEY, now=NOW)
    assert raised.value.exit_code == 4


def test_a_token_that_claims_to_need_no_signature_is_refused():
    for alg in ("none", "None", "NONE"):
        for end in ("", "AAAA"):
            unsigned = signed(claims(), {"typ": "JWT", "alg": alg}).rpartition(".")[0]
            with pytest.raises(TokenError, match="not signed by Ed25519"):
                read(f"{unsigned}.{end}", KEY, now=NOW)


def test_a_keyed_hash_over_the_public_key_passes_for_no_signature():
    public = KEY.public_key()
    for form in (
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ):
        forged = signed(
            claims(),
            {"typ": "JWT", "alg": "HS256"},
            lambda text, form=form: hmac.digest(form, text, hashlib.sha256),
        )
        with pytest.raises(TokenError, match="not signed by Ed25519"):
            read(forged, KEY, now=NOW)


def test_a_key_that_a_token_brings_along_is_not_used():
    other = Ed25519PrivateKey.generate()
    key = urlsafe_b64encode(other.public_key().public_bytes_raw()).rstrip(b"=").decode()
    brought = {"kty": "OKP", "crv": "Ed25519", "x": key}
    with pytest.raises(TokenError):
        read(signed(claims(), {"alg": "Ed25519", "jwk": brought}, other.sign), KEY, now=NOW)


@given(st.text())
def test_any_text_is_refused_and_not_repeated(text):
    with pytest.raises(TokenError) as raised:
        read(text, KEY, now=NOW)
    assert len(text) < 8 or text not in str(raised.value)


@given(st.integers(0, len(issued()) - 1), st.characters(codec="ascii"))
def test_a_token_changed_in_one_place_is_none(place, letter):
    token = issued()
    changed = token[:place] + letter + token[place + 1 :]
    try:
        person = read(changed, KEY, now=NOW)
    except TokenError:
        return
    # The last letter of base64 has bits that say nothing, and blanks around a token do not matter.
    assert changed.strip() == token or place == len(token) - 1
    assert person == ADA


def test_no_refusal_repeats_what_the_token_says():
    for token in (signed(claims(exp=1)), signed(claims(roles=["x"])), signed(claims(), sign=bytes)):
        with pytest.raises(TokenError) as raised:
            read(token, KEY, now=NOW)
        for told in (*token.split("."), "ada", "Elm", "7f3a9c21"):
            assert told not in str(raised.value)


@pytest.mark.parametrize("subject", ["", " ada", "OS:root", "os:", "System", "a\nb", "a" * 129])
def test_nobody_is_named_so_that_they_pass_for_another(subject):
    with pytest.raises(UsageError, match="the subject"):
        issued(Actor(subject, frozenset({Role.AUDITOR})))


def test_an_authority_that_is_none_is_refused():
    with pytest.raises(UsageError, match="three digits"):
        issued(Actor("ada", frozenset({Role.AUDITOR}), "999"))


def test_a_master_key_from_before_tokens_gets_a_key_for_them_and_keeps_the_others(tmp_path):
    made = MasterKey.create(tmp_path / "master.key")
    old = json.loads(made.path.read_text())
    del old["tokens"]
    made.path.write_text(json.dumps(old))
    loaded = MasterKey.load(made.path)
    with pytest.raises(TokenError, match="no token yet"):
        read(issued(), loaded.tokens, now=NOW)
    key = loaded.add_tokens()
    again = MasterKey.load(made.path)
    assert read(issued(key=key), again.tokens, now=NOW) == ADA
    assert json.loads(made.path.read_text()).items() > old.items()
    assert loaded.add_tokens().private_bytes_raw() == key.private_bytes_raw()

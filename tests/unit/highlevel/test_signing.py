"""Webhook signatures: HighLevel's rules, over the raw bytes."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from invoco.highlevel.signing import (
    HIGHLEVEL_ED25519_KEY,
    HIGHLEVEL_RSA_KEY,
    Signature,
    SignatureRefused,
    ed25519_private_key,
    ed25519_public_key,
    new_ed25519_key,
    new_rsa_key,
    private_pem,
    public_pem,
    rsa_private_key,
    rsa_public_key,
    sign_ed25519,
    sign_rsa,
    verify,
)

BODY = b'{"type": "ContactCreate", "name": "Z\\u00fcrich"}\n'
ED25519, OTHER_ED25519 = new_ed25519_key(), new_ed25519_key()
RSA, OTHER_RSA = new_rsa_key(bits=2048), new_rsa_key(bits=2048)
NEWER, OLDER = sign_ed25519(BODY, ED25519), sign_rsa(BODY, RSA)


def check(headers, body=BODY, *, ed25519=(ED25519,), rsa=(RSA,)):
    """Verify with the public halves of these keys."""
    return verify(
        body,
        headers,
        ed25519_keys=[key.public_key() for key in ed25519],
        rsa_keys=[key.public_key() for key in rsa],
    )


@pytest.mark.parametrize("name", ["X-GHL-Signature", "x-ghl-signature", "X-Ghl-Signature"])
def test_newer_signature_proves_the_body(name):
    """`X-GHL-Signature` is checked with Ed25519, however the header is written."""
    assert Signature.ED25519 == check({name: NEWER})


def test_older_signature_proves_the_body():
    """`X-WH-Signature` is checked with RSA when the newer one is missing."""
    assert Signature.RSA == check({"X-WH-Signature": OLDER})


@pytest.mark.parametrize("absent", ["N/A", "", " N/A "])
def test_signature_that_says_nothing_is_missing(absent):
    """`N/A` stands for no signature."""
    assert Signature.RSA == check({"X-GHL-Signature": absent, "X-WH-Signature": OLDER})


def test_wrong_newer_signature_is_not_made_good_by_the_older():
    """When the newer signature is there, it alone decides."""
    with pytest.raises(SignatureRefused, match="another body or another key"):
        check({"X-GHL-Signature": sign_ed25519(b"other", ED25519), "X-WH-Signature": OLDER})


def test_older_signature_can_be_switched_off():
    """Without RSA keys the older signature counts for nothing."""
    with pytest.raises(SignatureRefused, match="switched off"):
        check({"X-WH-Signature": OLDER}, rsa=())


@pytest.mark.parametrize("headers", [{}, {"X-GHL-Signature": "N/A"}, {"X-GHL-Signature": "", "X-WH-Signature": "N/A"}])
def test_missing_signature_is_refused(headers):
    """A webhook without any signature is not HighLevel's."""
    with pytest.raises(SignatureRefused, match="carries no signature"):
        check(headers)


@pytest.mark.parametrize("name", ["X-GHL-Signature", "X-WH-Signature"])
@pytest.mark.parametrize("text", ["%%%", "abc", "ü", f"{NEWER[:-4]}!!!!"], ids=["signs", "short", "umlaut", "tail"])
def test_signature_that_is_no_base64_is_refused(name, text):
    """Malformed signatures are refused like wrong ones."""
    with pytest.raises(SignatureRefused, match="no base64"):
        check({name: text})


@pytest.mark.parametrize("name", ["X-GHL-Signature", "X-WH-Signature"])
def test_signature_of_the_wrong_length_is_refused(name):
    """Any bytes may come as a signature."""
    with pytest.raises(SignatureRefused):
        check({name: base64.b64encode(b"short").decode()})


@pytest.mark.parametrize(
    ("name", "signature"), [("X-GHL-Signature", NEWER), ("X-WH-Signature", OLDER)], ids=["newer", "older"]
)
def test_every_byte_of_the_body_counts(name, signature):
    """The raw bytes are signed: the same JSON written otherwise is another body."""
    with pytest.raises(SignatureRefused):
        check({name: signature}, BODY.strip())


@pytest.mark.parametrize(
    ("name", "signature"), [("X-GHL-Signature", NEWER), ("X-WH-Signature", OLDER)], ids=["newer", "older"]
)
def test_any_of_several_keys_will_do(name, signature):
    """While HighLevel changes its keys, the old and the new ones are both accepted."""
    assert check({name: signature}, ed25519=(OTHER_ED25519, ED25519), rsa=(OTHER_RSA, RSA))


@pytest.mark.parametrize(
    ("name", "signature"), [("X-GHL-Signature", NEWER), ("X-WH-Signature", OLDER)], ids=["newer", "older"]
)
def test_other_keys_prove_nothing(name, signature):
    """A signature of somebody else is refused."""
    with pytest.raises(SignatureRefused):
        check({name: signature}, ed25519=(OTHER_ED25519,), rsa=(OTHER_RSA,))


@pytest.mark.parametrize(
    ("key", "begin", "end"),
    [
        (ed25519_public_key(HIGHLEVEL_ED25519_KEY), "5a2c1b27", "0d3097c"),
        (rsa_public_key(HIGHLEVEL_RSA_KEY), "2f62045d", "01fd25"),
    ],
)
def test_published_keys_are_highlevels(key, begin, end):
    """The built-in keys have the fingerprints of the published ones."""
    fingerprint = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    assert (begin, end) == (fingerprint[: len(begin)], fingerprint[-len(end) :])


def test_keys_survive_as_text():
    """A key that is written out and read again signs and proves the same."""
    newer, older = ed25519_private_key(private_pem(ED25519)), rsa_private_key(private_pem(RSA))

    assert (NEWER, OLDER) == (sign_ed25519(BODY, newer), sign_rsa(BODY, older))
    assert Signature.ED25519 == verify(
        BODY,
        {"X-GHL-Signature": NEWER},
        ed25519_keys=[ed25519_public_key(public_pem(newer))],
        rsa_keys=[rsa_public_key(public_pem(older))],
    )


@pytest.mark.parametrize("load", [ed25519_private_key, rsa_private_key, ed25519_public_key, rsa_public_key])
def test_text_that_is_no_key_is_refused(load):
    """Configuration mistakes are told in words."""
    with pytest.raises(ValueError, match=r"this is no (private|public) key"):
        load("-----BEGIN NOTHING-----")


@pytest.mark.parametrize(
    ("load", "pem"),
    [
        (ed25519_private_key, private_pem(RSA)),
        (rsa_private_key, private_pem(ED25519)),
        (ed25519_public_key, public_pem(RSA)),
        (rsa_public_key, public_pem(ED25519)),
    ],
)
def test_key_of_another_kind_is_refused(load, pem):
    """An RSA key is no Ed25519 key, and the other way round."""
    with pytest.raises(ValueError, match="another kind"):
        load(pem)


def test_short_rsa_key_is_refused():
    """Nobody's webhooks are trusted to a key that can be broken."""
    with pytest.raises(ValueError, match="2048 bits"):
        rsa_public_key(public_pem(new_rsa_key(bits=1024)))

"""Every rule that a value of the storage and SSH chapters can break by itself, with the sentence a person sees."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.guides.hopsworks.storage_support import ANSWERS, GUIDE, wrongs
from wizard.walkthrough import Walkthrough


def _walk() -> Walkthrough:
    return Walkthrough(GUIDE, given=dict(ANSWERS))


def _public(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization
    return key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()


def _private(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    form = serialization
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("storage_name", "ab", "It has 2 characters: 3 to 24 lowercase letters and digits."),
        ("storage_name", "a" * 25, "It has 25 characters: 3 to 24 lowercase letters and digits."),
        ("storage_name", "Hopsworks", "Upper case is not allowed"),
        ("storage_name", "hops-works", "There may be no hyphen in it"),
        ("storage_name", "hops_works", "There may be no underscore in it"),
        ("storage_name", "höps", "There may be no “ö” in it"),
        ("container_name", "ab", "It has 2 characters; 3 to 63 are allowed."),
        ("container_name", "a" * 64, "It has 64 characters; 3 to 63 are allowed."),
        ("container_name", "Data", "Upper case is not allowed"),
        ("container_name", "my_data", "Only lowercase letters, digits and hyphens are allowed."),
        ("container_name", "my--data", "Two hyphens in a row."),
        ("container_name", "-data", "It must begin and end with a letter or digit."),
        ("container_name", "data-", "It must begin and end with a letter or digit."),
        ("identity_name", "ab", "3 to 128 letters, digits, hyphens and underscores"),
        ("identity_name", "-identity", "begins with a letter or digit"),
        ("identity_name", "a" * 129, "3 to 128 letters"),
        ("identity_name", "my identity", "3 to 128 letters"),
        ("acr_name", "four", "5 to 50 letters and digits, no hyphen."),
        ("acr_name", "a" * 51, "5 to 50 letters and digits, no hyphen."),
        ("acr_name", "hops-registry", "5 to 50 letters and digits, no hyphen."),
        ("storage_role_name", "r" * 513, "Too long (513 of at most 512 characters)."),
        ("storage_role_name", "a\tb", "There is an invisible character in it"),
        ("storage_sku", "Standard_GRX", "Did you mean “Standard_GRS”?"),
        ("hns", "perhaps", "“perhaps” is neither yes nor no."),
        ("ssh_key_name", "-key", "beginning with a letter or digit"),
        ("ssh_key_name", "my key", "Only letters, digits, _ . and - are allowed"),
        ("ssh_key_name", "k" * 81, "Too long (81 of at most 80 characters)."),
        ("ssh_source", "magic", "“magic” is not a choice."),
        ("ssh_type", "DSA", "One of: RSA, Ed25519."),
        ("private_key_path", "a\x07b", "There is an invisible character in it"),
    ],
)
def test_a_wrong_value_is_told_at_once_with_its_rule(key: str, value: str, said: str) -> None:
    walkthrough = _walk()
    assert said in wrongs(walkthrough, key, value)
    assert walkthrough.answers.text(key) != value, "a wrong value must not be used"


def test_the_five_mistakes_of_public_keys_are_recognised() -> None:
    walkthrough = _walk()
    good = _public(RSA)
    kind, encoded = good.split()
    short = _public(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - the mistake itself
    told = {
        "private": wrongs(walkthrough, "ssh_public_key", _private(ED)),
        "short": wrongs(walkthrough, "ssh_public_key", short),
        "ecdsa": wrongs(walkthrough, "ssh_public_key", _public(ec.generate_private_key(ec.SECP256R1()))),
        "dss": wrongs(walkthrough, "ssh_public_key", "ssh-dss AAAAB3NzaC1kc3MAAACBAJ"),
        "lines": wrongs(walkthrough, "ssh_public_key", f"{kind} {encoded[:60]}\n{encoded[60:]}"),
        "base64": wrongs(walkthrough, "ssh_public_key", f"{kind} {encoded[:-5]}!{encoded[-4:]}"),
        "prefix": wrongs(walkthrough, "ssh_public_key", f"ssh-ed25519 {encoded}"),
        "cut": wrongs(walkthrough, "ssh_public_key", f"{kind} {encoded[:100]}"),
        "word": wrongs(walkthrough, "ssh_public_key", "my key"),
    }
    assert told["private"].startswith("Private key pasted: this field takes the .pub half.")
    assert told["short"].startswith("RSA key of 1024 bits, 2048 needed.")
    assert told["ecdsa"].startswith("ecdsa keys are not accepted by Azure.")
    assert told["dss"].startswith("dss keys are not accepted by Azure.")
    assert told["lines"].startswith("There are several lines")
    assert told["base64"].startswith("Its base64 is broken")
    assert told["prefix"].startswith("It begins with ssh-ed25519, but holds a key of type ssh-rsa.")
    assert told["cut"].startswith("It is cut off, or not a key at all")
    assert told["word"].startswith("This is no public key that Azure takes")


def test_a_pasted_private_key_is_never_repeated() -> None:
    walkthrough = _walk()
    secret = _private(RSA).splitlines()[3]
    told = wrongs(walkthrough, "ssh_public_key", _private(RSA))
    assert secret not in told
    assert secret not in repr(walkthrough.answers)
    pem = RSA.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert "Private key pasted" in wrongs(walkthrough, "ssh_public_key", pem.decode())
    assert "Private key pasted" in wrongs(walkthrough, "ssh_public_key", "PuTTY-User-Key-File-3: ssh-rsa\nx")


def test_good_public_keys_pass_with_and_without_a_comment() -> None:
    walkthrough = _walk()
    for key in (_public(RSA), f"{_public(RSA)} you@example", _public(ED)):
        assert wrongs(walkthrough, "ssh_public_key", key) == ""
        assert walkthrough.answers.text("ssh_public_key") == key


def test_putty_form_and_garbage_are_told() -> None:
    walkthrough = _walk()
    putty = "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----"
    assert "ssh-keygen -i" in wrongs(walkthrough, "ssh_public_key", putty)
    nothing = base64.b64encode(b"\x00\x00\xff\xffssh-rsa").decode()
    assert "base64 is broken" in wrongs(walkthrough, "ssh_public_key", f"ssh-rsa {nothing}")


def test_what_the_documents_contradict_is_resolved_and_told() -> None:
    step = next(step for step in GUIDE.steps if step.number == "2.1")
    assert "blobServices/read" in step.more
    assert "listKeys" in step.more
    assert "blobs/move/action" in step.more
    access = next(step for step in GUIDE.steps if step.number == "2.4")
    assert "it is the one of 2.2" in access.text

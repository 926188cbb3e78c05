"""The SSH chapter's live checks: keys of the group, files of this machine, and what was made before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.guides.hopsworks.storage_support import look, make, walk
from wizard.azure.session import Azure
from wizard.azure.storage import SSH_KEY
from wizard.checks import proving_storage
from wizard.checks.ssh_keys import fingerprint, public_half, same_key
from wizard.guide import Severity
from wizard.machine import Machine
from wizard.proofs import Proven, Proving

Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
_NOBODY = 65_534  # owns nothing, on every Linux


@pytest.fixture(scope="module")
def pair() -> rsa.RSAPrivateKey:
    """One RSA pair for the module: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public(key: Private) -> str:
    return key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()


def _private(key: Private) -> str:
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()


def _locked(key: Private) -> str:
    """The private half behind a passphrase."""
    hiding = form.BestAvailableEncryption(b"secret")
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, hiding).decode()


# The name


async def test_a_free_name_is_free_and_its_file_too(azure: Azure, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    walkthrough = walk(azure, tmp_path)
    found = await look(walkthrough, "ssh_key_name", Severity.OK)
    assert found.what == "No key of this group has this name."
    found = await look(walkthrough, "private_key_path", Severity.OK)
    assert found.what == "Nothing is there yet."


async def test_a_key_in_the_way_is_not_replaced(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    await make(azure, SSH_KEY, "theirs", properties={"publicKey": _public(pair)})
    for source in ("here", "azure", "upload"):
        walkthrough = walk(azure, tmp_path, ssh_source=source, ssh_key_name="theirs")
        found = await look(walkthrough, "ssh_key_name", Severity.ERROR)
        assert found.what == "The group has a key of this name, and it is another one."
        assert "one that is there" in found.mend


async def test_keys_of_the_group_are_offered_by_name(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    await make(azure, SSH_KEY, "one", properties={"publicKey": _public(pair)})
    await make(azure, SSH_KEY, "empty")
    other = _public(ed25519.Ed25519PrivateKey.generate())
    await make(azure, SSH_KEY, "two", properties={"publicKey": other}, location="westeurope")
    walkthrough = walk(azure, tmp_path, ssh_source="existing", ssh_key_name="one")
    offered = {choice.value: choice for choice in await walkthrough.choices("ssh_key_name")}
    assert {"one", "two", "empty"} <= set(offered)
    assert offered["one"].columns == ("rsa", "westeurope")
    assert offered["empty"].refusal == "empty has no public key yet."
    told = await walkthrough.check("ssh_key_name")
    assert any(one.what.startswith("ssh-rsa SHA256:") for one in told)
    assert "ssh_key" not in {resource.key for resource in walkthrough.plan().resources}
    walkthrough.record("ssh_key_name", "two")
    found = await look(walkthrough, "ssh_key_name", Severity.WARNING)
    assert found.rule == "Hopsworks is only known to work with RSA keys."
    walkthrough.record("ssh_key_name", "empty")
    found = await look(walkthrough, "ssh_key_name", Severity.ERROR)
    assert found.what == "empty has no public key yet."
    walkthrough.record("ssh_key_name", "nobody")
    found = await look(walkthrough, "ssh_key_name", Severity.ERROR)
    assert found.what == "The group has no key of this name."


async def test_keys_are_offered_only_where_one_is_to_be_picked(azure: Azure, tmp_path: Path) -> None:
    assert await walk(azure, tmp_path).choices("ssh_key_name") == ()
    absent = walk(azure, tmp_path, resource_group="not-made-yet", ssh_source="existing")
    assert await absent.choices("ssh_key_name") == ()


async def test_a_key_in_another_region_is_told(azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey) -> None:
    await make(azure, SSH_KEY, "far", properties={"publicKey": _public(pair)})
    walkthrough = walk(azure, tmp_path, location="northeurope", ssh_source="existing", ssh_key_name="far")
    found = await look(walkthrough, "ssh_key_name", Severity.ERROR)
    assert found.what == "The SSH key is in westeurope, cluster in northeurope: pick one."


async def test_the_kind_that_hopsworks_is_not_known_to_take_is_told(azure: Azure, tmp_path: Path) -> None:
    found = await look(walk(azure, tmp_path, ssh_type="Ed25519"), "ssh_type", Severity.WARNING)
    assert found.what == "Hopsworks is only known to work with RSA keys."
    assert await walk(azure, tmp_path).check("ssh_type") == ()


# Uploading


async def test_a_named_file_is_read_and_its_key_taken_over(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa.pub").write_text(f"{_public(pair)} me@here\n", encoding="utf-8")
    walkthrough = walk(azure, tmp_path, ssh_source="upload")
    await walkthrough.check("ssh_public_key")
    assert walkthrough.answers.text("ssh_public_key") == f"{_public(pair)} me@here"
    made = next(one for one in walkthrough.plan().resources if one.key == "ssh_key")
    assert made.body["properties"] == {"publicKey": f"{_public(pair)} me@here"}
    assert walkthrough.plan().keys == ()


async def test_a_file_that_is_missing_private_or_broken_is_told(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    walkthrough = walk(azure, tmp_path, ssh_source="upload")
    found = await look(walkthrough, "ssh_public_key", Severity.ERROR)
    assert found.what == "There is no file ~/.ssh/id_rsa.pub on this machine that can be read."
    secret = tmp_path / "id_rsa"
    secret.write_text(_private(pair), encoding="utf-8")
    walkthrough.record("ssh_public_key", str(secret))
    found = await look(walkthrough, "ssh_public_key", Severity.ERROR)
    assert "Private key pasted: this field takes the .pub half." in found.what
    assert found.mend == f"Name {secret}.pub instead."
    assert _private(pair).splitlines()[2] not in found.sentence
    (tmp_path / "broken.pub").write_text("ssh-rsa AAAA", encoding="utf-8")
    walkthrough.record("ssh_public_key", "broken.pub")
    found = await look(walkthrough, "ssh_public_key", Severity.ERROR)
    assert "Its base64 is broken" in found.what


async def test_an_uploaded_key_that_is_there_already_is_the_very_key(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    await make(azure, SSH_KEY, "uploaded", properties={"publicKey": f"{_public(pair)} old comment"})
    walkthrough = walk(
        azure, tmp_path, ssh_source="upload", ssh_key_name="uploaded", ssh_public_key=_public(pair)
    )
    found = await look(walkthrough, "ssh_key_name", Severity.OK)
    assert "is this very key" in found.what
    found = await look(walkthrough, "ssh_public_key", Severity.OK)
    assert found.what == fingerprint(_public(pair))


# The private half


async def test_an_existing_private_key_would_be_overwritten(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    path = tmp_path / "mine.pem"
    path.write_text(_private(pair), encoding="utf-8")
    walkthrough = walk(azure, tmp_path, ssh_key_name="fresh1", private_key_path="~/mine.pem")
    found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == "This would overwrite an existing key."
    assert found.rule == "A private key is never replaced."
    path.write_text(_locked(pair), encoding="utf-8")
    found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == "There is something of this name already."
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == "There is something of this name already."


async def test_folders_that_are_not_there_or_no_folders_are_told(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, private_key_path="~/keys/mine.pem")
    found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == f"There is no folder {tmp_path / 'keys'}."
    (tmp_path / "keys").write_text("a file", encoding="utf-8")
    found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == f"{tmp_path / 'keys'} is a file, not a folder."
    walkthrough.record("private_key_path", "~/.ssh/mine.pem")
    found = await look(walkthrough, "private_key_path", Severity.OK)
    assert found.what == f"Nothing is there yet. Folder {tmp_path / '.ssh'} will be made."


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Let root's rights not count where it is asked who may do what; who is not root stays who they are."""
    before = os.getuid()
    if before == 0:
        os.setreuid(_NOBODY, -1)
    try:
        yield
    finally:
        if before == 0:
            os.setreuid(before, -1)


async def test_a_folder_where_one_may_not_write_is_told(azure: Azure, tmp_path: Path) -> None:
    # Not below tmp_path, which nobody but its owner may even enter.
    with TemporaryDirectory() as shut:
        Path(shut).chmod(0o555)
        walkthrough = walk(azure, tmp_path, private_key_path=f"{shut}/mine.pem")
        with _as_nobody():
            found = await look(walkthrough, "private_key_path", Severity.ERROR)
    assert found.what == f"You may not write in {shut}."


async def test_a_pair_that_this_profile_made_is_no_stranger(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    """A run was cut off after the file was written, before Azure had the public half."""
    (tmp_path / "mine.pem").write_text(_private(pair), encoding="utf-8")
    walkthrough = walk(azure, tmp_path, ssh_key_name="fresh2", private_key_path="~/mine.pem")
    print_of = fingerprint(_public(pair)).split()[-1]
    walkthrough.known = lambda: {"ssh_pair": {"fingerprint": print_of}}
    found = await look(walkthrough, "private_key_path", Severity.OK)
    assert found.what == "The private half of this key is there already."
    await make(azure, SSH_KEY, "fresh2", properties={"publicKey": _public(pair)})
    walkthrough.known = dict
    await look(walkthrough, "private_key_path", Severity.OK)
    found = await look(walkthrough, "ssh_key_name", Severity.OK)
    assert "is this very key" in found.what


async def test_a_private_half_that_was_put_elsewhere_is_not_made_anew(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    await make(azure, SSH_KEY, "moved", properties={"publicKey": _public(pair)})
    walkthrough = walk(azure, tmp_path, ssh_key_name="moved")
    print_of = fingerprint(_public(pair)).split()[-1]
    walkthrough.known = lambda: {"ssh_pair": {"fingerprint": print_of}}
    found = await look(walkthrough, "ssh_key_name", Severity.WARNING)
    assert "its private half is elsewhere now" in found.what
    assert walkthrough.plan().keys == ()
    assert "ssh_key" not in {resource.key for resource in walkthrough.plan().resources}


def test_public_halves_are_read_from_every_form_of_private_key(
    tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    machine = Machine({}, tmp_path, tmp_path)
    other = ed25519.Ed25519PrivateKey.generate()
    old = pair.private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption())
    for name, text, key in (
        ("a", _private(pair), pair),
        ("b", old.decode(), pair),
        ("c", _private(other), other),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert same_key(public_half(machine, name), _public(key))
    assert public_half(machine, "nothing") == ""
    (tmp_path / "d").write_text("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", encoding="utf-8")
    assert public_half(machine, "d") == ""


# The proof


async def _prove(azure: Azure, home: Path, **arguments: str) -> Proven:
    proving = Proving(azure, lambda: Azure.open(None), {}, arguments, Machine({}, home, home))  # type: ignore[arg-type]  # this proof signs nobody in
    return await proving_storage.ssh_key_stands(proving)


async def test_the_proof_holds_the_private_half_against_azure(
    azure: Azure, tmp_path: Path, pair: rsa.RSAPrivateKey
) -> None:
    key = await make(azure, SSH_KEY, "proved", properties={"publicKey": _public(pair)})
    told = await _prove(azure, tmp_path, ssh_key=key, path="~/mine.pem")
    assert told.ok
    assert told.warning
    (tmp_path / "mine.pem").write_text(_private(pair), encoding="utf-8")
    told = await _prove(azure, tmp_path, ssh_key=key, path="~/mine.pem")
    assert told.ok
    assert not told.warning
    assert told.what.startswith("ssh-rsa SHA256:")
    (tmp_path / "mine.pem").write_text(_private(ed25519.Ed25519PrivateKey.generate()), encoding="utf-8")
    told = await _prove(azure, tmp_path, ssh_key=key, path="~/mine.pem")
    assert not told.ok
    assert told.what == "the private key at ~/mine.pem is of another pair"
    gone = await _prove(azure, tmp_path, ssh_key=f"{key}x")
    assert not gone.ok
    empty = await make(azure, SSH_KEY, "hollow")
    told = await _prove(azure, tmp_path, ssh_key=empty)
    assert told.what == "the SSH key has no public half"

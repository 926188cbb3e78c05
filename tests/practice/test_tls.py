from __future__ import annotations

import shutil
import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography import x509

from wizard.practice import authority, tls
from wizard.practice.files import private_folder

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.practice.launcher import Running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("authority")
    private_folder(made)
    tls.server_context(made)
    return made


def handshake(folder: Path, server: ssl.SSLContext, name: str) -> str:
    """The subject a strict client sees, or raises."""
    client = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:  # the client has hung up, which is what most of these tests are about
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as secured:
            found = secured.getpeercert()
            return str(found)
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_strict_client_accepts_the_loopback_names(folder: Path, name: str) -> None:
    assert "practice Azure" in handshake(folder, tls.server_context(folder), name)


def test_another_loopback_address_is_not_in_the_certificate(folder: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(folder, tls.server_context(folder), "127.0.0.2")


@pytest.mark.parametrize(
    "name",
    [x509.DNSName("management.azure.com"), x509.DNSName("localhost.example"), x509.DNSName("notlocalhost")],
)
def test_the_authority_can_vouch_for_no_other_host(folder: Path, tmp_path: Path, name: x509.DNSName) -> None:
    (tmp_path / "leaf.pem").write_bytes(authority.issue(folder, [name]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(folder, context, name.value)


def test_a_leaf_for_an_address_of_the_network_is_refused(folder: Path, tmp_path: Path) -> None:
    import ipaddress

    (tmp_path / "leaf.pem").write_bytes(
        authority.issue(folder, [x509.IPAddress(ipaddress.ip_address("10.0.0.4"))])
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(folder, context, "10.0.0.4")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_finds_the_chain_strictly_right(folder: Path) -> None:
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        str(folder / "ca.pem"),
    ]
    done = subprocess.run([*command, str(folder / "server.pem")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_name_constraints_are_critical_and_the_authority_can_make_no_other(folder: Path) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


def test_keys_are_private_and_the_authority_is_kept(folder: Path) -> None:
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("ca.key", "server.pem")} == {0o600}
    before = (folder / "ca.pem").read_bytes(), (folder / "server.pem").read_bytes()
    tls.server_context(folder)
    assert ((folder / "ca.pem").read_bytes(), (folder / "server.pem").read_bytes()) == before


def test_a_lost_key_makes_a_new_authority_with_a_leaf_of_its_own(tmp_path: Path) -> None:
    tls.server_context(tmp_path)
    old = (tmp_path / "ca.pem").read_bytes()
    (tmp_path / "ca.key").unlink()
    context = tls.server_context(tmp_path)
    assert (tmp_path / "ca.pem").read_bytes() != old
    assert "practice Azure" in handshake(tmp_path, context, "localhost")


def test_the_leaf_lives_short_enough_for_every_client(folder: Path) -> None:
    leaf = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=398)
    assert leaf.not_valid_before_utc < datetime.now(UTC)


def test_without_the_authority_no_client_talks_to_the_server(practice: Running) -> None:
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"{practice.url}/common/v2.0/.well-known/openid-configuration", timeout=10)

"""The TLS side of practice Azure: its certificates are made when they are missing or old, and only then is the maker loaded."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = "until"  # begins the line before a leaf: reading a certificate's end would take a library that is slow to load
_RENEW_BEFORE = 30 * 86400


def server_context(folder: Path) -> ssl.SSLContext:
    """The TLS side of a server whose files are kept in `folder`: `ca.pem`, `ca.key`, `server.pem` (made if missing).

    Hold the folder's lock: two processes must not make the authority at the same time.
    """
    authority = folder / "ca.pem"
    if not _valid(authority) or not (folder / "ca.key").exists():
        from wizard.practice.authority import make_authority

        make_authority(folder)
        (folder / "server.pem").unlink(missing_ok=True)
    if not _young(folder / "server.pem"):
        from wizard.practice.authority import make_leaf

        make_leaf(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.pem")
    return context


def _young(leaf: Path) -> bool:
    """Whether the first line of our own leaf, which tells its end, is there and far from it."""
    if not leaf.exists():
        return False
    first = leaf.read_bytes().partition(b"\n")[0]
    word, _, end = first.decode("ascii", "replace").partition(" ")
    return word == UNTIL and end.isdigit() and int(end) - time.time() > _RENEW_BEFORE


def _valid(authority: Path) -> bool:
    if not authority.exists():
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    ends = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs()]
    return bool(ends) and min(ends) - time.time() > _RENEW_BEFORE

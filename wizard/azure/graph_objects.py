"""What Microsoft Graph answers about its objects, read into the wizard's own values (v1.0, tolerantly)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wizard.azure.errors import UnreadableAnswer
from wizard.azure.model import Application, FederatedCredential, PasswordCredential, ServicePrincipal


def text(found: Mapping[str, Any], name: str) -> str:
    """Return a field as text; empty where it is missing."""
    return str(found.get(name) or "")


def moment(written: object) -> datetime | None:
    """Return a time that Graph wrote; None where it is none."""
    try:
        read = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def application(found: Mapping[str, Any]) -> Application:
    """Read an application."""
    passwords = found.get("passwordCredentials") or []
    return Application(
        object_id=text(found, "id"),
        app_id=text(found, "appId"),
        name=text(found, "displayName"),
        unique_name=text(found, "uniqueName"),
        created=moment(found.get("createdDateTime")),
        passwords=tuple(password(p) for p in passwords if isinstance(p, Mapping)),
    )


def password(found: Mapping[str, Any]) -> PasswordCredential:
    """Read a password credential; its value is never among it."""
    return PasswordCredential(
        key_id=text(found, "keyId"),
        name=text(found, "displayName"),
        hint=text(found, "hint"),
        end=moment(found.get("endDateTime")),
    )


def principal(found: Mapping[str, Any]) -> ServicePrincipal:
    """Read a service principal."""
    return ServicePrincipal(
        object_id=text(found, "id"),
        app_id=text(found, "appId"),
        name=text(found, "displayName"),
        enabled=found.get("accountEnabled") is not False,
        owner_tenant=text(found, "appOwnerOrganizationId"),
    )


def federated_credential(found: Mapping[str, Any]) -> FederatedCredential:
    """Read a federated credential."""
    return FederatedCredential(
        id=text(found, "id"),
        name=text(found, "name"),
        issuer=text(found, "issuer"),
        subject=text(found, "subject"),
        audiences=tuple(str(a) for a in found.get("audiences") or ()),
    )


def expect_id(made: Mapping[str, Any]) -> None:
    """What was made has an id; an answer without one was somebody else's.

    Raises:
        UnreadableAnswer: there is none.
    """
    if not made.get("id"):
        raise UnreadableAnswer("An answer is not one of Graph's.", code="UnreadableAnswer")


def expect_no_content(status: int) -> None:
    """Graph says "204" of what it removed; an empty "200" is somebody else's answer.

    Raises:
        UnreadableAnswer: it was not Graph's.
    """
    if status != 204:  # noqa: PLR2004 - No Content
        raise UnreadableAnswer("An answer is not one of Graph's.", code="UnreadableAnswer", status=status)

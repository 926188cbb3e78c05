"""Microsoft Graph v1.0, as far as onboarding needs it: strict about types, rights and unknown names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.practice.graph import applications, credentials, directory, grants, groups, principals

if TYPE_CHECKING:
    from wizard.practice.kernel import Route

ROUTES: tuple[Route, ...] = (
    *applications.ROUTES,
    *credentials.ROUTES,
    *principals.ROUTES,
    *groups.ROUTES,
    *grants.ROUTES,
    *directory.ROUTES,
)

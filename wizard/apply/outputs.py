"""Keeping in the profile what a run gives: its variables, and where each secret is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from profiles.profile import SecretReference
from wizard.plan import Plan, Unknown

if TYPE_CHECKING:
    from wizard.apply.work import Work
    from wizard.setup import Setup


def keep_outputs(setup: Setup, work: Work, plan: Plan, *, complete: bool) -> None:
    """Write the variables into the profile: plain values, and where the secret is.

    While something waits, those that are known already.

    Raises:
        Unknown: all is made, and yet a variable is not known.
    """
    plain: dict[str, str] = {}
    secrets: list[SecretReference] = []
    for output in plan.outputs:
        try:
            if output.secret:
                secrets.append(_reference(work, output.name))
            else:
                plain[output.name] = (
                    output.value if isinstance(output.value, str) else work.value(output.value)
                )
        except (Unknown, KeyError):
            if complete:
                raise
    setup.keep(outputs=plain, secrets=tuple(secrets), **({"stage": "applied"} if complete else {}))


def _reference(work: Work, variable: str) -> SecretReference:
    known = work.known["secret"]
    end = known.get("end", "")
    return SecretReference(
        variable=variable,
        store=work.store.name,
        binding=work.binding(),
        key_id=known.get("key_id", ""),
        hint=known.get("hint", ""),
        expires=datetime.fromisoformat(end).astimezone(UTC).replace(microsecond=0) if end else None,
    )

"""Context: cloud, signed-in identity, tenant and subscription. Every guide begins with this chapter."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers import Answers, Value
from wizard.checks import context as checks
from wizard.guide import Chapter, Kind, Question, Step
from wizard.shapes import tenant_or_name


@dataclass(frozen=True, slots=True)
class Context:
    """Where the person works and as whom; shown on every screen and again before the first write."""

    cloud: str
    identity: str
    tenant: str
    tenant_name: str
    subscription: str
    subscription_name: str

    @property
    def line(self) -> str:
        """One line: who, in which tenant, in which subscription."""
        short = f" ({self.subscription[:4]}…)" if self.subscription else ""
        parts = (self.identity, self.tenant_name or self.tenant, f"{self.subscription_name}{short}".strip())
        return " · ".join(part for part in parts if part)


def _signed_in_tenant(answers: Answers) -> Value | None:
    return answers.get("signed_in_tenant")


CHAPTER = Chapter(
    "0",
    "Where",
    (
        Step(
            "0.1",
            "Tenant",
            "Every subscription trusts one Entra tenant: the directory that holds its people and applications. "
            "Most people have one; consultants have several.",
            (
                Question(
                    "tenant",
                    "Tenant",
                    Kind.PICK,
                    rule="A tenant that you can sign in to: its id, its domain or its name.",
                    default=_signed_in_tenant,
                    offers=checks.offer_tenants,
                    shape=(tenant_or_name,),
                    checks=(checks.entered_tenant,),
                    columns=("Domain", "Id"),
                ),
            ),
        ),
        Step(
            "0.2",
            "Subscription",
            "What you set up lives in one subscription. You need the right to give roles on the group of your "
            "workspace; the list says where you have it for the whole subscription.",
            (
                Question(
                    "subscription",
                    "Subscription",
                    Kind.PICK,
                    rule="An enabled subscription, by id or by name.",
                    offers=checks.offer_subscriptions,
                    checks=(checks.managed_by_others, checks.in_entered_tenant, checks.may_assign_roles),
                    columns=("State", "Tenant", "May assign roles", "Id"),
                ),
            ),
        ),
    ),
)

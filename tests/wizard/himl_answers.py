"""Answers to the hi-ml guide that a person could have given, for tests of the plan."""

from __future__ import annotations

from wizard.answers import Answers, Value
from wizard.guides.himl import GUIDE

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-vision"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/vision"
PRINCIPAL = "77777777-2222-3333-4444-555555555555"
KNOWN = {
    "app": {"object_id": "1", "app_id": "2"},
    "principal": {"object_id": PRINCIPAL},
    "secret": {"key_id": "3"},
}


def answers(**more: Value) -> Answers:
    """Whole answers for a service principal with a secret; `more` changes or adds some."""
    given: dict[str, Value] = {
        "subscription": SUBSCRIPTION,
        "subscription_tenant": TENANT,
        "auth_way": "service_principal",
        "app_name": "himl-vision",
        "workspace": WORKSPACE,
    }
    return Answers(given | more, GUIDE.questions)

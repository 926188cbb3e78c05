"""Where everything of the Hopsworks guide lives: group, region and the ids that follow from them."""

from __future__ import annotations

from wizard.answers import Answers

HOPSWORKS_APP = "d4abcc44-2c40-40bd-9bba-986df591c28f"
"""Application id of Hopsworks.ai, the same in every tenant (document 1, step 1.1)."""


def is_limited(answers: Answers) -> bool:
    """Whether the second document, limiting the permissions, is followed as well."""
    return answers.text("permission_profile") == "limited"


def is_managed(answers: Answers) -> bool:
    """Whether the newer managed form is followed, which needs a container registry."""
    return answers.text("road") == "managed"


def on_helm(answers: Answers) -> bool:
    """Whether the person wants the present product, Helm on AKS, of which the guide holds a note only."""
    return answers.text("road") == "helm"


def classic_or_managed(answers: Answers) -> bool:
    """Whether the documents' own steps are wanted at all."""
    return not on_helm(answers)


def subscription_id(answers: Answers) -> str:
    """The ARM id of the subscription; empty until one is picked."""
    subscription = answers.text("subscription")
    return f"/subscriptions/{subscription}" if subscription else ""


def group_id(answers: Answers) -> str:
    """The ARM id of the resource group; empty until it is named."""
    subscription, group = subscription_id(answers), answers.text("resource_group")
    return f"{subscription}/resourceGroups/{group}" if subscription and group else ""


def role_scope(answers: Answers) -> str:
    """The ARM id at which Hopsworks may act: the group, or the whole subscription."""
    return subscription_id(answers) if answers.text("scope_kind") == "subscription" else group_id(answers)


def location(answers: Answers) -> str:
    """The one region for everything."""
    return answers.text("location")


def within(answers: Answers, resource_type: str, name: str) -> str:
    """The ARM id of a resource of the group; `name` holds a part for each kind of the type."""
    namespace, *kinds = resource_type.split("/")
    path = "/".join(f"{kind}/{part}" for kind, part in zip(kinds, name.split("/"), strict=True))
    return f"{group_id(answers)}/providers/{namespace}/{path}"

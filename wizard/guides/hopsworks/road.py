"""Steps 0.3 and 0.4 of the Hopsworks guide: which of three roads, and the group and region where everything lives."""

from __future__ import annotations

import re
from dataclasses import replace

from wizard import context
from wizard.answers import Answers, Value
from wizard.checks import context as context_checks
from wizard.checks import groups, providers, reach, regions
from wizard.guide import Choice, Kind, Question, Step
from wizard.guides.hopsworks.storage import wants_registry
from wizard.guides.hopsworks.where import (
    classic_or_managed,
    group_id,
    is_managed,
    location,
    on_helm,
    subscription_id,
)
from wizard.plan import GROUP_TYPE, Kept, Manual, Output, Resource, Share

API_HOST = "api.hopsworks.ai"
DOCS = "https://docs.hopsworks.ai"
_GROUP_API = "2024-11-01"
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,3})?")
_NEWEST_OF_3 = "3.8.0"

# hopsworks.md section 0: what a person needs on the group, by docs 3.x.
NEEDS = (
    "Microsoft.Authorization/roleDefinitions/write",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/write",
    "Microsoft.Storage/storageAccounts/write",
    "Microsoft.Compute/sshPublicKeys/read",
    "Microsoft.Compute/sshPublicKeys/write",
)
MAKE_KEY = "Microsoft.Compute/sshPublicKeys/generateKeyPair/action"
REGISTRY_NEEDS = (
    "Microsoft.ContainerRegistry/registries/read",
    "Microsoft.ContainerRegistry/registries/write",
)
PROVIDERS = ("Microsoft.Network", "Microsoft.Compute", "Microsoft.Storage", "Microsoft.ManagedIdentity")
REGISTRY_PROVIDER = "Microsoft.ContainerRegistry"


def namespaces(answers: Answers) -> tuple[str, ...]:
    """The resource providers that this road needs (hopsworks.md section 0, C-rp)."""
    return (*PROVIDERS, REGISTRY_PROVIDER) if wants_registry(answers) else PROVIDERS


def needs(answers: Answers) -> tuple[str, ...]:
    """The rights that a person needs on the group for all steps."""
    by_azure = (MAKE_KEY,) if answers.text("ssh_source") == "azure" else ()
    return (*NEEDS, *by_azure, *(REGISTRY_NEEDS if wants_registry(answers) else ()))


def _version(value: Value) -> str:
    return "" if _VERSION.fullmatch(str(value)) else f"“{value}” is not a version such as {_NEWEST_OF_3}."


def _default_location(answers: Answers) -> Value:
    return answers.get("group_location") or "westeurope"


def _subscription_step() -> Step:
    """Step 0.2 in this guide's words; the group's rights are summed up in step 0.4."""
    step = context.CHAPTER.steps[1]
    question = replace(
        step.questions[0], checks=(context_checks.managed_by_others, context_checks.in_entered_tenant)
    )
    text = (
        "Clusters, storage and network will live in one subscription. The list says where you may give roles on the "
        "whole of it; the right on one resource group is enough, and is looked at in step 0.4."
    )
    return replace(step, text=text, questions=(question,))


ROAD = Step(
    "0.3",
    "Road",
    "The documents that this guide mirrors describe the managed service: you prepare Azure, and Hopsworks starts "
    "clusters in it. New installations of Hopsworks 4 and later are made with Helm on your own Kubernetes instead.",
    (
        Question(
            "road",
            "Road",
            Kind.CHOICE,
            rule="One of the three; they part in the container registry and in who starts the cluster.",
            default="classic",
            choices=(
                Choice(
                    "classic",
                    "as in the documents",
                    "Service principal, roles, storage, SSH key, then the cluster form.",
                    aliases=("documents",),
                ),
                Choice(
                    "managed",
                    "the newer managed form (3.x)",
                    "The same, with a container registry, which versions above 3.0 need.",
                    aliases=("3.x",),
                ),
                Choice(
                    "helm",
                    "Helm on AKS (4.x and later)",
                    "A note of what to do; Azimuth creates nothing on this road.",
                    aliases=("aks",),
                ),
            ),
            checks=(reach.answers_from_here("road", API_HOST),),
            more="The managed service is no longer described in the documentation of Hopsworks 4; existing accounts "
            "go on. Ask Hopsworks which road is open to you before you plan for years.",
        ),
        Question(
            "hops_version",
            "Version of Hopsworks",
            rule="Two or three numbers, such as 3.8.0; above 3.0 a container registry is needed.",
            default=_NEWEST_OF_3,
            shape=(_version,),
            wanted=is_managed,
        ),
    ),
)

GROUP = Step(
    "0.4",
    "Group and region",
    "Hopsworks gets its rights on one resource group, or on the whole subscription. Storage, identity, SSH key, "
    "network and cluster have to be in one region.",
    (
        Question(
            "scope_kind",
            "Hopsworks may act in",
            Kind.CHOICE,
            rule="A group is the smaller right; the documents advise it when unsure.",
            default="resourceGroup",
            choices=(
                Choice("resourceGroup", "one resource group", "The smaller right.", aliases=("group",)),
                Choice("subscription", "the whole subscription", "Every group in it, also later ones."),
            ),
            checks=(groups.scope_in_numbers,),
        ),
        Question(
            "resource_group",
            "Resource group",
            Kind.PICK,
            rule="1 to 90 letters, digits, _ - . ( ), not ending with a period. One that is not there is created.",
            default="hopsworks",
            offers=groups.offer_groups,
            shape=(groups.group_name,),
            checks=(groups.group_there,),
            takes_own=True,
            columns=("Region",),
        ),
        Question(
            "location",
            "Region",
            Kind.PICK,
            rule="A region of this subscription; everything goes there.",
            default=_default_location,
            offers=regions.offer_regions,
            checks=(regions.region, groups.beside_the_group),
            takes_own=True,
            columns=("Geography", "Region"),
        ),
        Question(
            "backups",
            "Backups",
            Kind.SWITCH,
            rule="Yes or no. Backups are a feature of the enterprise edition.",
            default=True,
            more="With backups Hopsworks may take snapshots of disks, and the cluster's identity may read the storage "
            "account's keys. Without, both roles are smaller.",
        ),
    ),
    checks=(
        providers.providers_registered("0.4", namespaces),
        providers.rights_at("0.4", needs),
        groups.no_lock_at("0.4"),
    ),
    makes="the resource group, if it is not there",
    wanted=classic_or_managed,
)

STEPS = (context.CHAPTER.steps[0], _subscription_step(), ROAD, GROUP)


def next_steps(answers: Answers) -> tuple[tuple[str, str], ...]:
    """Say what to do once all is proved: command and meaning; `{profile}` stands for the profile's name."""
    runbook = (
        "azimuth export {profile} --format runbook",
        "writes the check list, with what stays for you to do",
    )
    if on_helm(answers):
        return (runbook,)
    return (
        (
            "azimuth export {profile} --format sheet",
            "gives every field of the cluster form, in its order, to copy",
        ),
        runbook,
        ('eval "$(azimuth env {profile})"', "gives this shell the ids and names that were made"),
        ("azimuth verify {profile}", "proves it all again, any day"),
    )


def share(answers: Answers) -> Share:
    """Return what chapter 0 adds to the plan: the group, and what stays to do on the Helm road."""
    if on_helm(answers):
        return Share(manual=_helm())
    if not group_id(answers) or not location(answers):
        return Share()
    outputs = (
        Output("HOPSWORKS_RESOURCE_GROUP", answers.text("resource_group")),
        Output("HOPSWORKS_LOCATION", location(answers)),
    )
    group = _group(answers)
    if isinstance(group, Kept):
        return Share(kept=(group,), outputs=outputs, providers=namespaces(answers))
    return Share(resources=(group,), outputs=outputs, providers=namespaces(answers))


def _group(answers: Answers) -> Resource | Kept:
    name, there = answers.text("resource_group"), str(answers.get("group_location", ""))
    if there:
        return Kept(f"resource group {name}", group_id(answers), f"in {there}", step="0.4")
    return Resource(
        key="group",
        type=GROUP_TYPE,
        api_version=_GROUP_API,
        name=name,
        deploy_at=subscription_id(answers),
        label=name,
        body={"location": location(answers)},
        detail=f"in {location(answers)}",
        step="0.4",
    )


def _helm() -> tuple[Manual, ...]:
    """What the documentation of Hopsworks 4 and later asks for, in short (hopsworks.md section 9)."""
    return (
        Manual(
            "helm_storage",
            "Storage account, container and container registry",
            "An empty container for Hopsworks, and a registry that the Kubernetes cluster may pull from and push to.",
            step="0.3",
        ),
        Manual(
            "helm_aks",
            "Kubernetes cluster of version 1.27 or newer",
            "With a managed identity that is Storage Blob Data Contributor on the account, and AcrPull, AcrPush and "
            "AcrDelete on the registry. Standard_D16_v4 is the size that Hopsworks names.",
            "az aks create --resource-group GROUP --name CLUSTER --network-plugin azure --enable-managed-identity "
            "--node-vm-size Standard_D16_v4 --attach-acr REGISTRY",
            step="0.3",
        ),
        Manual(
            "helm_install",
            "Hopsworks by Helm",
            "Ask Hopsworks for the credentials of its Helm repository. In values.azure.yaml set cloudProvider to "
            "AZURE: the published example says AWS there, which looks like a slip.",
            "helm install hopsworks hopsworks/hopsworks --namespace hopsworks --create-namespace "
            "--values values.azure.yaml",
            step="0.3",
        ),
        Manual(
            "helm_docs",
            "Follow the documentation of Hopsworks",
            f"Its own steps are at {DOCS}, “Azure - Getting started with AKS”.",
            step="0.3",
        ),
    )

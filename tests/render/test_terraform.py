"""Terraform: `terraform fmt` agrees, another parser reads it, order comes from references, names are those of apply."""

from __future__ import annotations

import io
import json
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.render.plans import LINES, everything, nasty
from tests.render.test_hcl import TERRAFORM, formatted
from wizard.plan import Derived, DirectoryKind, DirectoryObject, Output, Plan, Ref, Resource, derived_guid
from wizard.render.terraform import terraform, terraform_json

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-exports"
PRINCIPAL = "33333333-3333-4333-8333-333333333333"


def resources(plan: Plan) -> dict[str, Any]:
    """The resources of the JSON form, by kind and name."""
    found: dict[str, Any] = json.loads(terraform_json(plan, {}))["resource"]
    return found


@pytest.mark.parametrize("plan", [everything(SUBSCRIPTION, "t"), nasty(SUBSCRIPTION, "t")])
def test_terraform_has_nothing_to_format_and_another_parser_reads_it(plan: Plan) -> None:
    text = terraform(plan, {}, f"A title\n{LINES}")
    assert formatted(text) == text
    read = hcl2.load(io.StringIO(text))
    assert len(read["resource"]) == len(plan.resources) + len(plan.directory)


def test_references_are_the_order() -> None:
    made = resources(everything(SUBSCRIPTION))["azapi_resource"]
    assert made["cross_role"]["parent_id"] == "${azapi_resource.group.id}"
    assert made["container"]["parent_id"] == "${azapi_resource.storage.id}/blobServices/default"
    assert made["container"]["name"] == "hopsworks"
    assert made["storage_assignment"]["parent_id"] == "${azapi_resource.storage.id}"
    told = made["storage_assignment"]["body"]["properties"]
    assert told["principalId"] == "${azapi_resource.identity.output.principal_id}"
    assert made["identity"]["response_export_values"] == {"principal_id": "properties.principalId"}
    assert not any("depends_on" in one for one in made.values()), "each is referred to"


def test_what_is_not_referred_to_is_waited_for() -> None:
    plan = everything(SUBSCRIPTION)
    after = [replace(one, after=("registry",)) if one.key == "ssh_key" else one for one in plan.resources]
    made = resources(replace(plan, resources=tuple(after)))["azapi_resource"]
    assert made["ssh_key"]["depends_on"] == ["${azapi_resource.registry}"]


def test_a_name_that_hangs_on_a_principal_is_the_one_of_apply(tmp_path: Path) -> None:
    if TERRAFORM is None:
        pytest.skip("terraform is not installed")
    plan = everything(SUBSCRIPTION)
    said = resources(plan)["azapi_resource"]["cross_assignment"]["name"].removeprefix("${").removesuffix("}")
    said = said.replace("azuread_service_principal.hopsworks_principal.object_id", f'"{PRINCIPAL}"')
    done = subprocess.run(
        [TERRAFORM, "console"], input=f"{said}\n".encode(), capture_output=True, cwd=tmp_path, check=True
    )
    (one,) = (one for one in plan.resources if one.key == "cross_assignment")
    assert isinstance(one.name, Derived)
    assert json.loads(done.stdout) == one.name.value({"hopsworks_principal": {"object_id": PRINCIPAL}})
    assert uuid.UUID(derived_guid("a")).version == 5


def test_what_exists_is_changed_but_for_what_stays() -> None:
    body = {"location": "westeurope", "properties": {"retentionInDays": 30}}
    one = Resource(
        "logs", "Microsoft.OperationalInsights/workspaces", "2023-09-01", "logs", GROUP, "logs", body
    )
    plan = Plan("exports", "t", SUBSCRIPTION, resources=(replace(one, updates=True, keeps=("location",)),))
    assert resources(plan)["azapi_update_resource"]["logs"]["body"] == {"properties": {"retentionInDays": 30}}


def test_directory_objects_that_exist_are_read_and_the_others_made() -> None:
    app = DirectoryObject("app", DirectoryKind.APPLICATION, "a", {"app_id": PRINCIPAL}, existing=True)
    fields: dict[str, str | int | Ref] = {
        "application": Ref("app", "object_id"),
        "display_name": "s",
        "months": 6,
    }
    secret = DirectoryObject("secret", DirectoryKind.PASSWORD, "s", fields)
    outputs = (Output("ID", Ref("app", "app_id")), Output("PASSWORD", Ref("secret", "value"), secret=True))
    plan = Plan("exports", "t", SUBSCRIPTION, directory=(app, secret), outputs=outputs)
    found = json.loads(terraform_json(plan, {}))
    assert found["data"]["azuread_application"]["app"]["client_id"] == PRINCIPAL
    password = found["resource"]["azuread_application_password"]["secret"]
    assert password["application_id"] == "${data.azuread_application.app.id}"
    assert password["end_date_relative"] == "4320h"
    assert list(found["output"]) == ["ID"]


def test_a_key_of_this_machine_is_a_variable() -> None:
    plan = everything(SUBSCRIPTION)
    found = json.loads(terraform_json(plan, {"ssh_pair": {"public_key": "ssh-rsa AAAA"}}))
    assert found["variable"]["ssh_pair_public_key"]["default"] == "ssh-rsa AAAA"

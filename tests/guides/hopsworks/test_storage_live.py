"""The storage chapter's live checks against practice Azure: what is free, taken, yours, full, shut or elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.guides.hopsworks.storage_support import (
    GROUP,
    PLAIN,
    look,
    make,
    make_group,
    may_touch_blobs,
    put_blob,
    walk,
)
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import cloud_named
from wizard.azure.errors import AzureProblem, ForeignHost
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in_unattended
from wizard.azure.storage import ACCOUNT, IDENTITY, Inside
from wizard.guide import Severity

# The account


async def test_a_free_name_is_told_while_typing(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path)
    found = await look(walkthrough, "storage_name", Severity.OK)
    assert found.what == "The name is free in the whole world."
    assert walkthrough.facts["storage_kept"] is False


async def test_a_name_taken_by_a_stranger_is_refused_with_another_to_try(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("taken")
    with open_cloud("practice", practice_folder=folder, world="names-taken") as cloud:
        async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
            await make_group(azure)
            walkthrough = walk(azure, tmp_path, storage_name="hopsworks", acr_name="hopsworks", use_acr=True)
            account = await look(walkthrough, "storage_name", Severity.ERROR)
            assert account.what.startswith("Name taken worldwide")
            assert "Try “hopsworks" in account.mend
            registry = await look(walkthrough, "acr_name", Severity.ERROR)
            assert registry.what.startswith("Name taken worldwide")


async def test_an_account_of_yours_in_another_group_is_named_with_its_group(
    azure: Azure, tmp_path: Path
) -> None:
    walkthrough = walk(azure, tmp_path, storage_name="vision6900115126")
    found = await look(walkthrough, "storage_name", Severity.ERROR)
    assert "in group rg-vision" in found.what
    assert "step 0.4" in found.mend


async def test_an_account_as_planned_is_adopted_and_deploying_it_changes_nothing(
    azure: Azure, tmp_path: Path
) -> None:
    await make(azure, ACCOUNT, "adopted1", **PLAIN)
    walkthrough = walk(azure, tmp_path, storage_name="adopted1")
    found = await look(walkthrough, "storage_name", Severity.OK)
    assert found.what.startswith("It is yours already: StorageV2, Standard_LRS, in westeurope.")
    assert walkthrough.facts["storage_kept"] is False
    assert "storage" in {resource.key for resource in walkthrough.plan().resources}


async def test_an_account_that_differs_is_kept_and_all_that_matters_is_told(
    azure: Azure, tmp_path: Path
) -> None:
    properties = PLAIN["properties"] | {
        "allowSharedKeyAccess": False,
        "minimumTlsVersion": "TLS1_0",
        "networkAcls": {"defaultAction": "Deny"},
    }
    await make(
        azure, ACCOUNT, "differs1", kind="StorageV2", sku={"name": "Standard_GRS"}, properties=properties
    )
    walkthrough = walk(azure, tmp_path, storage_name="differs1")
    told = await walkthrough.check("storage_name")
    sentences = " ".join(one.sentence for one in told)
    assert "its copies are Standard_GRS, not Standard_LRS" in sentences
    assert "Shared keys are off on this account: backups would break." in sentences
    assert "It still takes TLS 1.0." in sentences
    assert "it would shut the cluster out" in sentences
    assert "service endpoint Microsoft.Storage" in sentences
    assert walkthrough.facts["storage_kept"] is True
    plan = walkthrough.plan()
    assert "storage" not in {resource.key for resource in plan.resources}
    assert any("differs1" in kept.label for kept in plan.kept)
    no_backups = walk(azure, tmp_path, storage_name="differs1", backups=False)
    told = await no_backups.check("storage_name")
    assert not any("backups would break" in one.what for one in told)


async def test_tags_of_an_account_are_not_taken_away(azure: Azure, tmp_path: Path) -> None:
    await make(azure, ACCOUNT, "tagged1", tags={"costCentre": "7"}, **PLAIN)
    walkthrough = walk(azure, tmp_path, storage_name="tagged1")
    await walkthrough.check("storage_name")
    assert walkthrough.facts["storage_kept"] is True


async def test_an_account_for_files_has_no_blobs(azure: Azure, tmp_path: Path) -> None:
    await make(azure, ACCOUNT, "files1", kind="FileStorage", sku={"name": "Premium_LRS"}, properties={})
    found = await look(walk(azure, tmp_path, storage_name="files1"), "storage_name", Severity.ERROR)
    assert found.what == "An account of kind FileStorage has no blobs."


async def test_a_region_that_differs_is_told_at_once(azure: Azure, tmp_path: Path) -> None:
    await make(azure, ACCOUNT, "elsewhere1", **PLAIN)
    await make(azure, IDENTITY, "elsewhere")
    walkthrough = walk(
        azure, tmp_path, location="northeurope", storage_name="elsewhere1", identity_name="elsewhere"
    )
    found = await look(walkthrough, "storage_name", Severity.ERROR)
    assert found.what == "Storage is in westeurope, cluster in northeurope: pick one."
    assert "Answer westeurope in step 0.4" in found.mend
    found = await look(walkthrough, "identity_name", Severity.ERROR)
    assert found.what == "The identity is in westeurope, cluster in northeurope: pick one."


async def test_what_this_profile_made_is_changed_by_its_answers(azure: Azure, tmp_path: Path) -> None:
    made = await make(azure, ACCOUNT, "ours1", **PLAIN)
    walkthrough = walk(azure, tmp_path, storage_name="ours1", storage_sku="Standard_GRS")
    walkthrough.known = lambda: {"storage": {"id": made}}
    found = await look(walkthrough, "storage_name", Severity.OK)
    assert found.what.startswith("Azimuth made it")
    assert walkthrough.facts["storage_kept"] is False


async def test_facts_of_an_account_are_dropped_when_the_name_changes(azure: Azure, tmp_path: Path) -> None:
    await make(azure, ACCOUNT, "fleeting1", tags={"a": "b"}, **PLAIN)
    walkthrough = walk(azure, tmp_path, storage_name="fleeting1")
    await walkthrough.check("storage_name")
    assert walkthrough.facts["storage_there"]
    walkthrough.record("storage_name", "fleeting2")
    await walkthrough.check("storage_name")
    assert not walkthrough.facts["storage_there"]
    assert not walkthrough.facts["storage_kept"]


# The container


async def test_a_container_that_is_absent_empty_or_full_is_told(
    azure: Azure, signed_in: SignedIn, tmp_path: Path
) -> None:
    account = await make(azure, ACCOUNT, "holding1", **PLAIN)
    await may_touch_blobs(azure, account)
    await put_blob(azure, signed_in, "holding1", "empty")
    await put_blob(azure, signed_in, "holding1", "full")
    await put_blob(azure, signed_in, "holding1", "full/a.txt", b"a")
    walkthrough = walk(azure, tmp_path, storage_name="holding1", container_name="absent")
    found = await look(walkthrough, "container_name", Severity.OK)
    assert found.what == "It is not there yet; Hopsworks will make it."
    walkthrough.record("container_name", "empty")
    found = await look(walkthrough, "container_name", Severity.OK)
    assert found.what == "It is there and empty."
    walkthrough.record("container_name", "full")
    found = await look(walkthrough, "container_name", Severity.ERROR)
    assert found.what == "Container `full` holds data; Hopsworks needs an empty one."
    assert walkthrough.facts["container_state"] == "holds data"


async def test_a_container_without_an_account_will_be_made(azure: Azure, tmp_path: Path) -> None:
    found = await look(walk(azure, tmp_path), "container_name", Severity.OK)
    assert found.what == "Hopsworks will make it."


async def test_without_a_data_role_nobody_can_look_inside(
    azure: Azure, signed_in: SignedIn, tmp_path: Path
) -> None:
    await make(azure, ACCOUNT, "hidden1", **PLAIN)
    await put_blob(azure, signed_in, "hidden1", "data")  # an Owner may make it, but not read what is in it
    walkthrough = walk(azure, tmp_path, storage_name="hidden1", container_name="data")
    found = await look(walkthrough, "container_name", Severity.WARNING)
    assert found.what == "Cannot look inside: you need Storage Blob Data Reader."
    assert found.mend == "Make sure that it is empty or absent."


async def test_a_firewall_is_told_apart_from_a_missing_right(azure: Azure, tmp_path: Path) -> None:
    properties = PLAIN["properties"] | {"networkAcls": {"defaultAction": "Deny"}}
    await make(azure, ACCOUNT, "shut1", **(PLAIN | {"properties": properties}))
    account = f"{GROUP}/providers/{ACCOUNT}/shut1"
    await azure.arm.write(f"{account}/blobServices/default/containers/data", "2023-05-01", {"properties": {}})
    assert await azure.blobs.inside("shut1", "data") is Inside.SHUT
    found = await look(
        walk(azure, tmp_path, storage_name="shut1", container_name="data"), "container_name", Severity.WARNING
    )
    assert "firewall" in found.what


async def test_a_token_for_storage_goes_to_the_account_alone(signed_in: SignedIn) -> None:
    strange = replace(signed_in.cloud, blob="http://{account}.example")
    async with Azure.open(replace(signed_in, cloud=strange)) as azure:
        with pytest.raises(ForeignHost):
            await azure.blobs.inside("account1", "data")


async def test_names_are_never_pasted_into_an_address(azure: Azure) -> None:
    for account, container in (("evil.example/", "data"), ("account1", "../x"), ("Account", "data")):
        with pytest.raises(ValueError, match="is no container"):
            await azure.blobs.inside(account, container)


async def test_an_account_that_is_not_there_is_a_problem(azure: Azure) -> None:
    with pytest.raises(AzureProblem):
        await azure.blobs.inside("nobodyhasthis1", "data")


def test_each_cloud_has_its_own_place_for_blobs() -> None:
    assert cloud_named("public").blob_service("acct") == "https://acct.blob.core.windows.net"
    assert cloud_named("china").blob_service("acct") == "https://acct.blob.core.chinacloudapi.cn"
    assert cloud_named("usgov").blob_service("acct") == "https://acct.blob.core.usgovcloudapi.net"

"""`az storage account`, `az storage container-rm`."""

from __future__ import annotations

from tests.az.cli import Az


def test_an_account_from_its_making_to_its_end(az: Az, group: str) -> None:
    assert az("storage account check-name -n azstoragelife").json["nameAvailable"] is True
    made = az(f"storage account create -g {group} -n azstoragelife --sku Standard_LRS --https-only true").json
    assert made["kind"] == "StorageV2"
    assert made["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert made["enableHttpsTrafficOnly"] is True
    assert made["provisioningState"] == "Succeeded"
    assert "azstoragelife" in made["primaryEndpoints"]["blob"]
    taken = az("storage account check-name -n azstoragelife").json
    assert (taken["nameAvailable"], taken["reason"]) == (False, "AlreadyExists")
    assert az("storage account show -n azstoragelife").json["id"] == made["id"]
    assert [one["name"] for one in az(f"storage account list -g {group}").json] == ["azstoragelife"]
    updated = az(
        f"storage account update -g {group} -n azstoragelife --tags team=vision --min-tls-version TLS1_2"
    ).json
    assert updated["tags"] == {"team": "vision"}
    assert updated["minimumTlsVersion"] == "TLS1_2"
    first, second = az(f"storage account keys list -g {group} -n azstoragelife").json
    assert (first["keyName"], second["keyName"]) == ("key1", "key2")
    renewed = az(f"storage account keys renew -g {group} -n azstoragelife --key primary").json
    assert renewed[0]["value"] != first["value"]
    assert renewed[1]["value"] == second["value"]
    shown = az(f"storage account show-connection-string -g {group} -n azstoragelife").json
    assert "AccountName=azstoragelife" in shown["connectionString"]
    assert az(f"storage account delete -g {group} -n azstoragelife -y").code == 0
    assert az(f"storage account list -g {group} --query", "[?name=='azstoragelife']").json == []


def test_containers_of_an_account(az: Az, group: str) -> None:
    az(f"storage account create -g {group} -n azstoragebox --sku Standard_LRS")
    where = f"--storage-account azstoragebox -g {group}"
    made = az(f"storage container-rm create {where} -n datasets").json
    assert made["name"] == "datasets"
    assert made["type"] == "Microsoft.Storage/storageAccounts/blobServices/containers"
    assert az(f"storage container-rm exists {where} -n datasets").json == {"exists": True}
    assert az(f"storage container-rm show {where} -n datasets").json["publicAccess"] in {None, "None"}
    assert [one["name"] for one in az(f"storage container-rm list {where}").json] == ["datasets"]
    assert az(f"storage container-rm update {where} -n datasets --metadata a=b").json["metadata"] == {
        "a": "b"
    }
    assert az(f"storage container-rm delete {where} -n datasets -y").code == 0
    assert az(f"storage container-rm exists {where} -n datasets").json == {"exists": False}


def test_the_blob_service_of_an_account(az: Az, group: str) -> None:
    az(f"storage account create -g {group} -n azstorageblob --sku Standard_LRS")
    where = f"-n azstorageblob -g {group}"
    assert az(f"storage account blob-service-properties show {where}").json["name"] == "default"
    kept = az(
        f"storage account blob-service-properties update {where} --enable-delete-retention true --delete-retention-days 7"
    ).json
    assert kept["deleteRetentionPolicy"]["days"] == 7


def test_what_azure_refuses(az: Az, group: str) -> None:
    bad = az(f"storage account create -g {group} -n Bad-Name --sku Standard_LRS").refusal
    assert "AccountNameInvalid" in bad
    az(f"storage account create -g {group} -n azstoragefirst --sku Standard_LRS")
    taken = az("storage account create -g rg-vision -n azstoragefirst --sku Standard_LRS").refusal
    assert "azstoragefirst is already taken" in taken or "StorageAccountAlreadyTaken" in taken
    assert "ResourceNotFound" in az(f"storage account show -g {group} -n azstoragenone").refusal
    odd = az("storage account check-name -n Bad-Name").json
    assert (odd["nameAvailable"], odd["reason"]) == (False, "AccountNameInvalid")

"""`az sshkey`, `az vm` (what it lists), `az acr`, `az aks`, `az monitor log-analytics`."""

from __future__ import annotations

from pathlib import Path

from tests.az.cli import Az


def test_a_key_that_azure_makes(az: Az, group: str) -> None:
    made = az(f"sshkey create -g {group} -n made").json
    assert made["publicKey"].startswith("ssh-rsa ")
    (private,) = [path for path in Path(az.environment["HOME"], ".ssh").iterdir() if path.suffix != ".pub"]
    assert "PRIVATE KEY" in private.read_text(encoding="utf-8")
    public = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 x@y"
    given = az(f"sshkey create -g {group} -n given --public-key", public).json
    assert given["publicKey"] == public
    assert {one["name"] for one in az(f"sshkey list -g {group}").json} == {"made", "given"}
    assert az(f"sshkey show -g {group} -n given").json["publicKey"] == public
    assert az(f"sshkey delete -g {group} -n given -y").code == 0
    assert [one["name"] for one in az(f"sshkey list -g {group}").json] == ["made"]


def test_sizes_and_quotas(az: Az) -> None:
    (size,) = az("vm list-skus -l westeurope --size Standard_D4s_v5").json
    assert size["name"] == "Standard_D4s_v5"
    assert {one["name"]: one["value"] for one in size["capabilities"]}["vCPUs"] == "4"
    usage = {one["name"]["value"]: one for one in az("vm list-usage -l westeurope").json}
    assert int(usage["cores"]["limit"]) > 0
    assert "standardDSv5Family" in usage
    assert az("vm list").json == []


def test_a_registry_from_its_making_to_its_end(az: Az, group: str) -> None:
    assert az("acr check-name -n azregistry").json["nameAvailable"] is True
    made = az(f"acr create -g {group} -n azregistry --sku Basic").json
    assert made["sku"] == {"name": "Basic", "tier": "Basic"}
    assert made["loginServer"].startswith("azregistry")
    assert made["adminUserEnabled"] is False
    assert az("acr show -n azregistry").json["id"] == made["id"]
    assert az("acr check-name -n azregistry").json["reason"] == "AlreadyExists"
    assert [one["name"] for one in az(f"acr list -g {group}").json] == ["azregistry"]
    assert az("acr update -n azregistry --admin-enabled true").json["adminUserEnabled"] is True
    shown = az("acr credential show -n azregistry").json
    assert (shown["username"], len(shown["passwords"])) == ("azregistry", 2)
    assert "AlreadyInUse" in az("acr create -g rg-vision -n azregistry --sku Basic").refusal
    assert az("acr delete -n azregistry -y").code == 0
    assert az(f"acr list -g {group}").json == []


def test_a_cluster_from_its_making_to_its_end(az: Az, group: str) -> None:
    assert az("aks get-versions -l westeurope").json["values"]
    made = az(
        f"aks create -g {group} -n cluster --node-count 1 --no-ssh-key --node-vm-size Standard_D4s_v5"
    ).json
    assert made["provisioningState"] == "Succeeded"
    assert made["identity"]["type"] == "SystemAssigned"
    assert made["nodeResourceGroup"].startswith(f"MC_{group}_cluster")
    (pool,) = made["agentPoolProfiles"]
    assert (pool["count"], pool["mode"], pool["vmSize"]) == (1, "System", "Standard_D4s_v5")
    assert [one["name"] for one in az("aks list").json] == ["cluster"]
    assert az(f"aks show -g {group} -n cluster").json["fqdn"]
    more = az(
        f"aks nodepool add -g {group} --cluster-name cluster -n gpu --node-count 1 --node-vm-size Standard_D4s_v5"
    ).json
    assert more["provisioningState"] == "Succeeded"
    assert {one["name"] for one in az(f"aks nodepool list -g {group} --cluster-name cluster").json} == {
        pool["name"],
        "gpu",
    }
    config = az.folder / "kube"
    assert az(f"aks get-credentials -g {group} -n cluster -f {config}").code == 0
    assert "current-context: cluster" in config.read_text(encoding="utf-8")
    assert az(f"aks delete -g {group} -n cluster -y").code == 0
    assert az("aks list").json == []


def test_a_workspace_of_logs(az: Az, group: str) -> None:
    made = az(f"monitor log-analytics workspace create -g {group} -n logs").json
    assert made["sku"]["name"] == "PerGB2018"
    assert made["customerId"]
    assert (
        az(f"monitor log-analytics workspace show -g {group} -n logs").json["customerId"]
        == made["customerId"]
    )
    keys = az(f"monitor log-analytics workspace get-shared-keys -g {group} -n logs").json
    assert set(keys) == {"primarySharedKey", "secondarySharedKey"}
    account = az(f"storage account create -g {group} -n azdiagnosed --sku Standard_LRS").json["id"]
    wanted = '[{"category": "Transaction", "enabled": true}]'
    kept = az(
        f"monitor diagnostic-settings create -n kept --resource {account} --workspace",
        made["id"],
        "--metrics",
        wanted,
    )
    assert kept.json["workspaceId"].lower() == made["id"].lower()
    assert [one["name"] for one in az(f"monitor diagnostic-settings list --resource {account}").json] == [
        "kept"
    ]

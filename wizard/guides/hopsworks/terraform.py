"""The cluster for other tools: a `hopsworksai_cluster` file in both of Terraform's forms, and the body of an API call."""

from __future__ import annotations

import json
from typing import Any

from wizard.answers import Answers
from wizard.guide import Exported, GuideExport
from wizard.guides.hopsworks.form import (
    WITHOUT_REGISTRY,
    autoscales,
    head,
    issues_certificate,
    network_group,
    own_nsg,
    own_vnet,
    ports_by_hopsworks,
    public_head,
    registry,
    retention,
    rondb_nodes,
    standby,
    tags,
    truth,
    users_managed,
    version,
    workers,
)
from wizard.guides.hopsworks.storage_plan import wants_registry
from wizard.guides.hopsworks.where import location, on_helm
from wizard.plan import Known, Plan
from wizard.render.hcl import Block, Expression, Lines, block, document, json_document

_HEAD = (
    "The cluster that Azimuth prepared. Put your API key into the environment variable HOPSWORKSAI_API_KEY\n"
    "(Hopsworks, Settings > API keys), then: terraform init && terraform apply"
)
_PORTS = ("ssh", "feature_store", "online_feature_store", "kafka")
_SEARCH_DOMAIN = "internal.cloudapp.net"


def _whole(answers: Answers) -> None:
    """Refuse a file with holes in it.

    Raises:
        LookupError: something is not answered yet.
    """
    if on_helm(answers):
        raise LookupError("On the Helm road there is no cluster of the managed service.")
    wanted = ("resource_group", "cluster_name", "head_type", "worker_type", "storage_name", "identity_name")
    missing = [key for key in (*wanted, "ssh_key_name") if not answers.text(key)]
    if own_vnet(answers):
        missing += [key for key in ("vnet_name", "subnet_name") if not answers.text(key)]
    if wants_registry(answers) and not registry(answers):
        missing.append("acr_name")
    if missing:
        raise LookupError(f"Not answered yet: {', '.join(missing)}.")


# Terraform


def blocks(answers: Answers) -> tuple[Block, ...]:
    """Return the blocks of the file: requirements, provider, cluster, output (hopsworks-cluster.md sections 3, 4)."""
    source = {"source": "logicalclocks/hopsworksai", "version": "~> 1.12"}
    needs = block("required_providers", attributes={"hopsworksai": source})
    cluster = block(
        "resource",
        "hopsworksai_cluster",
        "cluster",
        attributes=_top(answers),
        blocks=_inner(answers),
        comment=_remark(answers),
    )
    url = {"value": Expression("hopsworksai_cluster.cluster.url")}
    return (
        block("terraform", blocks=[needs]),
        block("provider", "hopsworksai", comment="Its key comes from the environment: HOPSWORKSAI_API_KEY."),
        cluster,
        block("output", "hopsworks_cluster_url", attributes=url),
    )


def _remark(answers: Answers) -> str:
    if registry(answers):
        return ""
    return f"Versions after {WITHOUT_REGISTRY} need a container registry (acr_registry_name), which this cluster has not."


def _top(answers: Answers) -> dict[str, Any]:
    held: dict[str, Any] = {
        "name": answers.text("cluster_name"),
        "version": version(answers),
        "ssh_key": answers.text("ssh_key_name"),
        "attach_public_ip": public_head(answers),
        "issue_lets_encrypt_certificate": issues_certificate(answers),
        "managed_users": users_managed(answers),
        "backup_retention_period": retention(answers),
    }
    if truth(answers, "no_log_collection"):
        held["deactivate_hopsworksai_log_collection"] = True
    if tags(answers):
        held["tags"] = dict(tags(answers))
    if script := answers.text("init_script"):
        held["init_script"] = Lines(f"{script}\n")
    return held


def _inner(answers: Answers) -> list[Block]:
    one = head(answers)
    inner = [block("head", attributes={"instance_type": one.size, "disk_size": one.disk})]
    inner += [_workers(answers)] if autoscales(answers) or workers(answers).count else []
    inner += [_azure(answers), _rondb(answers)]
    ports = {name: truth(answers, f"open_{name}") for name in _PORTS}
    if ports_by_hopsworks(answers):
        inner.append(block("open_ports", attributes=ports))
    return inner


def _workers(answers: Answers) -> Block:
    one = workers(answers)
    spot = [block("spot_config", attributes=_spot(answers))] if truth(answers, "spot") else []
    held: dict[str, Any] = {"instance_type": one.size, "disk_size": one.disk}
    if not autoscales(answers):
        return block("workers", attributes=held | {"count": one.count}, blocks=spot)
    held |= {
        "min_workers": answers.number("autoscale_min"),
        "max_workers": one.count,
        "standby_workers": standby(answers),
        "downscale_wait_time": answers.number("autoscale_wait", 300),
    }
    return block("autoscale", blocks=[block("non_gpu_workers", attributes=held, blocks=spot)])


def _spot(answers: Answers) -> dict[str, Any]:
    return {
        "max_price_percent": answers.number("spot_max_price", 100),
        "fall_back_on_demand": truth(answers, "spot_fall_back", otherwise=True),
    }


def _azure(answers: Answers) -> Block:
    held: dict[str, Any] = {
        "location": location(answers),
        "resource_group": answers.text("resource_group"),
        "user_assigned_managed_identity": answers.text("identity_name"),
    }
    if registry(answers):
        held["acr_registry_name"] = registry(answers)
    store = {"storage_account": answers.text("storage_name")}
    if answers.text("container_name"):
        store["name"] = answers.text("container_name")
    inner = [block("container", attributes=store)]
    if own_vnet(answers):
        inner.append(block("network", attributes=_network(answers)))
    return block("azure_attributes", attributes=held, blocks=inner)


def _network(answers: Answers) -> dict[str, Any]:
    held = {
        "virtual_network_name": answers.text("vnet_name"),
        "subnet_name": answers.text("subnet_name"),
        "resource_group": network_group(answers).rsplit("/", 1)[-1],
    }
    return held | ({"security_group_name": answers.text("nsg_name")} if own_nsg(answers) else {})


def _rondb(answers: Answers) -> Block:
    nodes = rondb_nodes(answers)
    if len(nodes) == 1:
        only: dict[str, Any] = {"instance_type": nodes[0].size, "disk_size": nodes[0].disk}
        return block("rondb", blocks=[block("single_node", attributes=only)])
    factor = block("ndbd_default", attributes={"replication_factor": answers.number("rondb_replication", 2)})
    inner = [block("configuration", blocks=[factor])]
    for one in nodes:
        if one.count:
            held: dict[str, Any] = {
                "instance_type": one.size,
                "disk_size": one.disk,
                "count": one.count,
            }
            inner.append(block(f"{one.role}_nodes", attributes=held))
    return block("rondb", blocks=inner)


def write_terraform(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    """Write the file in Terraform's own language.

    Raises:
        LookupError: something is not answered yet.
    """
    _whole(answers)
    return (Exported("hopsworks-cluster.tf", document(blocks(answers), head=_HEAD)),)


def write_terraform_json(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    """Write the same cluster in Terraform's JSON form; a folder may hold one of the two alone.

    Raises:
        LookupError: something is not answered yet.
    """
    _whole(answers)
    return (Exported("hopsworks-cluster.tf.json", json_document(blocks(answers))),)


# API


def body(answers: Answers) -> dict[str, Any]:
    """Return the body of ``POST /api/clusters`` (hopsworks-cluster.md section 5)."""
    one, more = head(answers), workers(answers)
    node = {"instanceType": one.size, "diskSize": one.disk, "haEnabled": False}
    static = [] if autoscales(answers) or not more.count else [_with_spot(answers, _node(more), "spotInfo")]
    cluster: dict[str, Any] = {
        "name": answers.text("cluster_name"),
        "version": version(answers),
        "sshKeyName": answers.text("ssh_key_name"),
        "clusterConfiguration": {"head": node, "workers": static},
        "issueLetsEncrypt": issues_certificate(answers),
        "attachPublicIP": public_head(answers),
        "backupRetentionPeriod": retention(answers),
        "managedUsers": users_managed(answers),
        "tags": [{"name": name, "value": value} for name, value in tags(answers).items()],
        "ronDB": _api_rondb(answers),
        "initScript": _script(answers),
        "runInitScriptFirst": False,
        "os": "ubuntu",
        "deactivateLogReport": truth(answers, "no_log_collection"),
    }
    if autoscales(answers):
        cluster["autoscale"] = {"nonGpu": _api_autoscale(answers)}
    azure = _api_place(answers) | _api_network(answers) | _api_registry(answers)
    return {"cloudProvider": "AZURE", "cluster": cluster | azure}


def _api_place(answers: Answers) -> dict[str, Any]:
    return {
        "location": location(answers),
        "managedIdentity": answers.text("identity_name"),
        "resourceGroup": answers.text("resource_group"),
        "blobContainerName": answers.text("container_name"),
        "storageAccount": answers.text("storage_name"),
        "containerConfiguration": {"encryption": {"mode": "None"}},
    }


def _script(answers: Answers) -> str:
    script = answers.text("init_script")
    return f"{script}\n" if script else ""


def _node(one: Any) -> dict[str, Any]:
    return {"instanceType": one.size, "diskSize": one.disk, "count": one.count}


def _with_spot(answers: Answers, node: dict[str, Any], key: str) -> dict[str, Any]:
    if not truth(answers, "spot"):
        return node
    price = _spot(answers)
    told = {"maxPrice": price["max_price_percent"], "fallBackOnDemand": price["fall_back_on_demand"]}
    return node | {key: told}


def _api_autoscale(answers: Answers) -> dict[str, Any]:
    one = workers(answers)
    held = {
        "instanceType": one.size,
        "diskSize": one.disk,
        "minWorkers": answers.number("autoscale_min"),
        "maxWorkers": one.count,
        "standbyWorkers": standby(answers),
        "downscaleWaitTime": answers.number("autoscale_wait", 300),
    }
    return _with_spot(answers, held, "spotInfo")


def _api_rondb(answers: Answers) -> dict[str, Any]:
    nodes = rondb_nodes(answers)
    if len(nodes) == 1:
        return {"allInOne": True, "ndbd": _node(nodes[0])}
    names = {"management": "mgmd", "data": "ndbd", "mysql": "mysqld", "api": "api"}
    benchmark = {"benchmark": {"grantUserPrivileges": False}}
    settings = {
        "ndbdDefault": {"replicationFactor": answers.number("rondb_replication", 2)},
        "general": benchmark,
    }
    held: dict[str, Any] = {"allInOne": False, "configuration": settings}
    return held | {names[one.role]: _node(one) for one in nodes if one.count}


def _api_network(answers: Answers) -> dict[str, Any]:
    if not own_vnet(answers):
        return {}
    held = {
        "networkResourceGroup": network_group(answers).rsplit("/", 1)[-1],
        "virtualNetworkName": answers.text("vnet_name"),
        "subnetName": answers.text("subnet_name"),
        "searchDomain": _SEARCH_DOMAIN,
    }
    return held | ({"securityGroupName": answers.text("nsg_name")} if own_nsg(answers) else {})


def _api_registry(answers: Answers) -> dict[str, Any]:
    return {"acrRegistryName": registry(answers)} if registry(answers) else {}


def write_body(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    """Write the body of the API call that creates the cluster; the key goes into a header, never into a file.

    Raises:
        LookupError: something is not answered yet.
    """
    _whole(answers)
    text = json.dumps(body(answers), indent=2, ensure_ascii=False) + "\n"
    return (Exported("hopsworks-cluster.json", text),)


EXPORTS: tuple[GuideExport, ...] = (
    GuideExport("cluster-terraform", "the cluster for Terraform (hopsworksai_cluster)", write_terraform),
    GuideExport("cluster-terraform-json", "the same in Terraform's JSON form", write_terraform_json),
    GuideExport("cluster-api", "the cluster as the body of an API call", write_body),
)

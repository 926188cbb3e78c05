"""The cluster as files: Terraform in both forms, as strangers read them, and the body of the API call."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from typing import Any

import hcl2
import pytest

from tests.guides.hopsworks.cluster_support import answers_of, plan_of
from wizard.answers import Value
from wizard.guides.hopsworks import GUIDE
from wizard.guides.hopsworks.terraform import body, write_body, write_terraform, write_terraform_json

NASTY = '#!/usr/bin/env bash\necho "${HOME}" %{x} $${y}\ncat <<EOT\nEOT\n'
VARIANTS: dict[str, dict[str, Value]] = {
    "plain": {},
    "own network": {"vnet_mode": "new"},
    "automatic group": {"vnet_mode": "new", "nsg_mode": "automatic"},
    "limited": {"permission_profile": "limited", "ports_from_ui": False, "public_ip": False},
    "autoscale": {"autoscale": True, "autoscale_min": 1, "autoscale_max": 4, "spot": True},
    "spot": {"spot": True, "spot_max_price": 50, "spot_fall_back": False},
    "no workers": {"worker_count": 0},
    "cluster": {"road": "managed", "rondb": "cluster", "rondb_api_count": 1},
    "old": {"road": "managed", "hops_version": "2.5.0"},
    "nasty": {
        "road": "managed",
        "init_script": NASTY,
        "tags": 'a b=${x}\n"q"=%{y}',
        "cluster_name": 'a "${b}" c',
    },
}

# hopsworks-cluster.md section 3: what the provider knows, by path.
FIELDS = {
    "": "name version ssh_key attach_public_ip issue_lets_encrypt_certificate managed_users backup_retention_period tags "
    "update_state init_script run_init_script_first os deactivate_hopsworksai_log_collection head workers autoscale "
    "open_ports rondb azure_attributes",
    "head": "instance_type disk_size ha_enabled",
    "workers": "instance_type disk_size count spot_config",
    "workers.spot_config": "max_price_percent fall_back_on_demand",
    "autoscale": "non_gpu_workers",
    "autoscale.non_gpu_workers": "instance_type disk_size min_workers max_workers standby_workers downscale_wait_time "
    "spot_config",
    "autoscale.non_gpu_workers.spot_config": "max_price_percent fall_back_on_demand",
    "open_ports": "feature_store online_feature_store kafka ssh",
    "rondb": "single_node configuration management_nodes data_nodes mysql_nodes api_nodes",
    "rondb.single_node": "instance_type disk_size",
    "rondb.configuration": "ndbd_default general",
    "rondb.configuration.ndbd_default": "replication_factor",
    "rondb.management_nodes": "instance_type disk_size count",
    "rondb.data_nodes": "instance_type disk_size count",
    "rondb.mysql_nodes": "instance_type disk_size count arrow_flight_with_duckdb",
    "rondb.api_nodes": "instance_type disk_size count",
    "azure_attributes": "location resource_group user_assigned_managed_identity aks_cluster_name acr_registry_name container "
    "network",
    "azure_attributes.container": "storage_account name encryption",
    "azure_attributes.network": "virtual_network_name subnet_name resource_group security_group_name search_domain",
}


def given(name: str) -> dict[str, Value]:
    return {"ssh_key_name": "key", **VARIANTS[name]}


def tf(name: str) -> str:
    return write_terraform(answers_of(None, **given(name)), plan_of(None, **given(name)), {})[0].text


def as_json(name: str) -> dict[str, Any]:
    files = write_terraform_json(answers_of(None, **given(name)), plan_of(None, **given(name)), {})
    found: dict[str, Any] = json.loads(files[0].text)
    return found


def cluster(name: str) -> dict[str, Any]:
    found: dict[str, Any] = as_json(name)["resource"]["hopsworksai_cluster"]["cluster"]
    return found


def unknown_fields(block: dict[str, Any], path: str = "") -> list[str]:
    known = FIELDS[path].split()
    found = [f"{path}.{key}" for key in block if key not in known and key != "//"]
    for key, inner in block.items():
        place = f"{path}.{key}".strip(".")
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict) and place in FIELDS:
                found += unknown_fields(one, place)
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_only_fields_that_the_provider_knows_are_written(name: str) -> None:
    assert unknown_fields(cluster(name)) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_another_reader_of_hcl_understands_the_file(name: str) -> None:
    read = hcl2.load(io.StringIO(tf(name)))
    assert [next(iter(one)).strip('"') for one in read["resource"]] == ["hopsworksai_cluster"]


@pytest.mark.parametrize("name", VARIANTS)
def test_terraform_finds_nothing_to_format(name: str) -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not installed")
    done = subprocess.run(
        [terraform, "fmt", "-check", "-diff", "-"],
        input=tf(name),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_no_key_is_ever_written(name: str) -> None:
    text = tf(name)
    assert "api_key" not in text
    assert "HOPSWORKSAI_API_KEY" in text  # where Terraform finds it


def test_the_network_is_left_out_where_hopsworks_makes_it() -> None:
    assert "network" not in cluster("plain")["azure_attributes"]
    assert cluster("own network")["azure_attributes"]["network"] == {
        "virtual_network_name": "hopsworks-vnet",
        "subnet_name": "default",
        "resource_group": "hopsworks",
        "security_group_name": "hopsworks-nsg",
    }
    assert "security_group_name" not in cluster("automatic group")["azure_attributes"]["network"]


def test_without_the_right_on_ports_they_are_left_out() -> None:
    assert "open_ports" in cluster("plain")
    assert "open_ports" not in cluster("limited")
    assert cluster("limited")["attach_public_ip"] is False
    assert cluster("limited")["issue_lets_encrypt_certificate"] is False


def test_workers_and_autoscale_exclude_each_other() -> None:
    assert "workers" not in cluster("autoscale")
    assert cluster("autoscale")["autoscale"]["non_gpu_workers"]["max_workers"] == 4
    assert "autoscale" not in cluster("plain")
    assert "workers" not in cluster("no workers")


def test_without_a_registry_no_version_is_written_that_needs_one() -> None:
    assert cluster("plain")["version"] == "3.0.0"
    assert "acr_registry_name" not in cluster("plain")["azure_attributes"]
    assert "# Versions after 3.0.0 need a container registry" in tf("plain")
    assert cluster("cluster")["version"] == "3.8.0"
    assert cluster("old")["version"] == "2.5.0"
    assert "acr_registry_name" not in cluster("old")["azure_attributes"]
    assert cluster("cluster")["azure_attributes"]["acr_registry_name"]


def test_rondb_is_one_node_or_a_cluster() -> None:
    assert set(cluster("plain")["rondb"]) == {"single_node"}
    assert set(cluster("cluster")["rondb"]) == {
        "configuration",
        "management_nodes",
        "data_nodes",
        "mysql_nodes",
        "api_nodes",
    }


def test_text_from_people_is_never_code() -> None:
    text = tf("nasty")
    assert '"a \\"$${b}\\" c"' in text
    assert "$${HOME}" in text


def test_both_forms_say_the_same() -> None:
    read = hcl2.load(io.StringIO(tf("own network")))["resource"][0]
    inner = next(iter(next(iter(read.values())).values()))
    head = inner["head"][0]
    mine = cluster("own network")["head"]
    assert str(head["instance_type"]).strip('"') == mine["instance_type"]
    assert head["disk_size"] == mine["disk_size"]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_api_body_says_the_same_as_terraform(name: str) -> None:
    answers, one = answers_of(None, **given(name)), cluster(name)
    sent = body(answers)
    assert sent["cloudProvider"] == "AZURE"
    api = sent["cluster"]
    assert api["clusterConfiguration"]["head"]["instanceType"] == one["head"]["instance_type"]
    assert api["managedUsers"] == one["managed_users"]
    assert api["attachPublicIP"] == one["attach_public_ip"]
    assert api["storageAccount"] == one["azure_attributes"]["container"]["storage_account"]
    assert ("autoscale" in api) == ("autoscale" in one)
    assert ("virtualNetworkName" in api) == ("network" in one["azure_attributes"])
    assert len(api["clusterConfiguration"]["workers"]) == ("workers" in one)
    assert json.loads(write_body(answers, plan_of(None, **given(name)), {})[0].text) == sent


def test_a_file_with_holes_is_refused_by_name() -> None:
    answers = answers_of(vnet_mode="existing", ssh_key_name="key")
    with pytest.raises(LookupError, match=r"Not answered yet: vnet_name\."):
        write_terraform(answers, plan_of(), {})
    with pytest.raises(LookupError, match="Helm road"):
        write_body(answers_of(road="helm"), plan_of(), {})


def test_the_guide_offers_all_three() -> None:
    forms = {export.form for export in GUIDE.exports}
    assert {"cluster-terraform", "cluster-terraform-json", "cluster-api"} <= forms

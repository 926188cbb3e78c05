"""`az storage container` and `az storage blob`: the data plane, by the caller's own rights."""

from __future__ import annotations

import pytest

from tests.az.cli import Az
from wizard.practice.launcher import Running


@pytest.fixture(scope="module")
def account(az: Az, group: str) -> str:
    """The arguments that name an account's blob service."""
    made = az(f"storage account create -g {group} -n azblobs --sku Standard_LRS").json
    return f"--blob-endpoint {made['primaryEndpoints']['blob']} --auth-mode login"


def test_blobs_need_a_data_role_even_of_an_owner(az: Az, azure: Running, group: str, account: str) -> None:
    assert az(f"storage container create -n data {account}").json == {"created": True}
    refused = az(f"storage blob list -c data {account}").refusal
    assert "required permissions" in refused or "AuthorizationPermissionMismatch" in refused
    scope = f"/subscriptions/{azure.subscription}/resourceGroups/{group}"
    az(
        f"role assignment create --assignee {azure.client_id} --scope {scope} --role",
        "Storage Blob Data Contributor",
    )
    (az.folder / "train.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert az(f"storage blob upload -c data -n train.csv -f train.csv {account}").json["etag"]
    assert [one["name"] for one in az(f"storage blob list -c data {account}").json] == ["train.csv"]
    assert az(f"storage blob download -c data -n train.csv -f back.csv {account}").code == 0
    assert (az.folder / "back.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"
    assert [one["name"] for one in az(f"storage container list {account}").json] == ["data"]
    assert "already exists" in az(f"storage blob upload -c data -n train.csv -f train.csv {account}").refusal
    assert az(f"storage blob delete -c data -n train.csv {account}").code == 0

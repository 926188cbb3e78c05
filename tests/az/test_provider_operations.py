"""`az provider operation`."""

from __future__ import annotations

from tests.az.cli import Az


def test_the_operations_of_a_provider(az: Az) -> None:
    shown = az("provider operation show --namespace Microsoft.Storage").json
    assert shown["displayName"] == "Microsoft Storage"
    accounts = next(kind for kind in shown["resourceTypes"] if kind["name"] == "storageAccounts")
    names = {one["name"]: one["isDataAction"] for one in accounts["operations"]}
    assert names["Microsoft.Storage/storageAccounts/listKeys/action"] is False


def test_the_operations_of_all_providers(az: Az) -> None:
    names = az("provider operation list --query [].name").json
    assert "Microsoft.Network" in names

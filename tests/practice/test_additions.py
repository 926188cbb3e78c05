"""What Azure adds to a resource that nobody sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wizard.practice.arm import additions

STORAGE = "Microsoft.Storage/storageAccounts"
FACTS = Path(additions.__file__).parent.parent / "facts" / "additions"
GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg"
TENANT = "99999999-8888-7777-6666-555555555555"


def account(**properties: Any) -> dict[str, Any]:
    return {
        "id": f"{GROUP}/providers/{STORAGE}/apples",
        "name": "apples",
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": properties,
    }


def added(document: dict[str, Any], version: str = "2023-05-01") -> dict[str, Any]:
    found: dict[str, Any] = additions.of(STORAGE, version, document, TENANT)["properties"]
    return found


def test_what_is_missing_is_filled_in_with_the_resources_own_names() -> None:
    found = added(account())
    assert found["primaryEndpoints"]["blob"] == "https://apples.blob.core.windows.net/"
    assert found["primaryLocation"] == "westeurope"
    assert found["networkAcls"]["defaultAction"] == "Allow"


def test_what_was_sent_stays_and_is_completed() -> None:
    found = added(account(networkAcls={"defaultAction": "Deny"}, accessTier="Cool"))
    assert found["accessTier"] == "Cool"
    assert found["networkAcls"]["defaultAction"] == "Deny"
    assert found["networkAcls"]["bypass"] == "AzureServices"


def test_a_null_leaves_the_property_to_azure() -> None:
    assert added(account(networkAcls=None))["networkAcls"]["defaultAction"] == "Allow"


def test_an_older_version_does_not_know_what_came_later() -> None:
    assert "keyCreationTime" in added(account())
    assert "keyCreationTime" not in added(account(), "2019-06-01")


def test_some_depend_on_what_kind_it_is() -> None:
    assert added(account())["accessTier"] == "Hot"
    assert "accessTier" not in added(account() | {"kind": "Storage"})


def test_the_document_that_was_given_is_not_changed() -> None:
    document = account()
    additions.of(STORAGE, "2023-05-01", document, TENANT)
    assert document == account()


def test_what_is_made_up_is_the_same_at_every_reading() -> None:
    network = {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/n", "properties": {}}
    one, other = (additions.of("Microsoft.Network/virtualNetworks", "", network, TENANT) for _ in range(2))
    assert one == other
    assert len(one["properties"]["resourceGuid"]) == 36


def test_a_moment_is_when_it_was_written() -> None:
    now = datetime(2025, 5, 4, 3, 2, 1, tzinfo=UTC)
    found = additions.of(STORAGE, "2023-05-01", account(), TENANT, now)
    assert found["properties"]["creationTime"].startswith("2025-05-04T03:02:01")


def test_a_type_without_facts_is_left_alone() -> None:
    assert additions.of("Microsoft.Nothing/things", "", account(), TENANT) == account()


@pytest.mark.parametrize("path", sorted(FACTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_of_facts_holds_together(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem.lower() == document["type"].replace("/", ".").lower()
    for fact in document["added"]:
        assert sum(kind in fact for kind in ("value", "text", "made")) == 1, fact
        assert fact.keys() <= {"path", "value", "text", "made", "since", "until", "when"}, fact
        assert fact.get("since", "") <= fact.get("until", "9999"), fact
        assert all(isinstance(values, list) for values in fact.get("when", {}).values()), fact

"""Whatever stands in a body for storage, vaults, registries and identities, the answer is Azure's, never a 500."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.practice.arm_support import ADA, ARM, CONTOSO, VISION, Arm
from tests.practice.store_support import (
    ACCOUNTS,
    IDENTITIES,
    REGISTRIES,
    VAULT,
    VAULTS,
    new_account,
    registered,
)

_POLICY = {"tenantId": CONTOSO, "objectId": ADA, "permissions": {"keys": ["all"], "secrets": ["all"]}}
_SUBNET = f"{VISION}/providers/Microsoft.Network/virtualNetworks/x/subnets/y"
_RULES = {
    "defaultAction": "Allow",
    "virtualNetworkRules": [{"id": _SUBNET}],
    "ipRules": [{"value": "1.2.3.4"}],
}
_ACCOUNT_BODY = {
    "location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "tags": {"a": "b"},
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "networkAcls": _RULES, "keyPolicy": {"keyExpirationPeriodInDays": 1},
        "encryption": {"services": {"blob": {"enabled": True}}, "keyvaultproperties": {"keyname": "k"}},
        "immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": {"state": "Unlocked"}},
    },
}  # fmt: skip
_VAULT_BODY = {
    "location": "westeurope",
    "properties": {
        "tenantId": CONTOSO, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [_POLICY],
        "networkAcls": _RULES, "softDeleteRetentionInDays": 90,
    },
}  # fmt: skip
_REGISTRY_BODY = {
    "location": "westeurope", "sku": {"name": "Premium"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/strict": {}}},
    "properties": {
        "policies": {"retentionPolicy": {"status": "enabled", "days": 7}}, "networkRuleSet": {"ipRules": []},
        "encryption": {"status": "enabled", "keyVaultProperties": {"keyIdentifier": "https://x/keys/y"}},
    },
}  # fmt: skip
_TRUST = {"properties": {"issuer": "https://a.example", "subject": "s", "audiences": ["a"]}}
_CONTAINERS = f"{ACCOUNTS}/strictaccount/blobServices/default/containers"
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "account": ("PUT", f"{ACCOUNTS}/strictaccount", _ACCOUNT_BODY),
    "account changed": ("PATCH", f"{ACCOUNTS}/strictaccount", _ACCOUNT_BODY),
    "blob service": (
        "PUT",
        f"{ACCOUNTS}/strictaccount/blobServices/default",
        {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 7}}},
    ),
    "file service": (
        "PUT",
        f"{ACCOUNTS}/strictaccount/fileServices/default",
        {"properties": {"protocolSettings": {"smb": {"multichannel": {"enabled": False}}}}},
    ),
    "container": (
        "PUT",
        f"{_CONTAINERS}/box",
        {"properties": {"publicAccess": "None", "metadata": {"a": "b"}}},
    ),
    "legal hold": ("POST", f"{_CONTAINERS}/held/setLegalHold", {"tags": ["a"]}),
    "vault": ("PUT", f"{VAULTS}/strict-other", _VAULT_BODY),
    "policies": (
        "PUT",
        f"{VAULTS}/strict-vault/accessPolicies/add",
        {"properties": {"accessPolicies": [_POLICY]}},
    ),
    "key": (
        "PUT",
        f"{VAULTS}/strict-vault/keys/k",
        {"properties": {"kty": "EC", "keyOps": ["sign"], "attributes": {"exp": 1}}},
    ),
    "registry": ("PUT", f"{REGISTRIES}/strictregistry", _REGISTRY_BODY),
    "registry changed": ("PATCH", f"{REGISTRIES}/strictregistry", _REGISTRY_BODY),
    "identity": (
        "PUT",
        f"{IDENTITIES}/strict",
        {"location": "westeurope", "tags": {"a": "b"}, "properties": {}},
    ),
    "trust": ("PUT", f"{IDENTITIES}/strict/federatedIdentityCredentials/job", _TRUST),
}
_DATA: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create": (
        "POST",
        "keys/k/create",
        {"kty": "EC", "key_ops": ["sign"], "attributes": {"enabled": True, "nbf": 1}},
    ),
    "update": ("PATCH", "keys/k", {"key_ops": ["sign"], "attributes": {"enabled": True}, "tags": {"a": "b"}}),
    "sign": ("POST", "keys/k/sign", {"alg": "ES256", "value": "A" * 43}),
    "verify": ("POST", "keys/k/verify", {"alg": "ES256", "digest": "A" * 43, "value": "A" * 86}),
    "import": ("PUT", "keys/i", {"key": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}}),
    "secret": ("PUT", "secrets/s", {"value": "x", "tags": {"a": "b"}}),
}
_STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just(10**30),
    st.text(max_size=6),
    st.sampled_from(["/subscriptions", [], {}, [{}], [None], {"value": 1}, ["x"]]),
)
_QUIETLY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path] * bool(path) + [place for key, one in inner for place in places(one, (*path, key))]


def spoiled(body: dict[str, Any], drawn: st.DataObject) -> dict[str, Any]:
    strange = copy.deepcopy(body)
    *way, last = drawn.draw(st.sampled_from(places(strange)))
    within: Any = strange
    for key in way:
        within = within[key]
    within[last] = copy.deepcopy(drawn.draw(_STRANGE))
    return strange


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    arm = registered(Arm(sign_in(scope=ARM), "2023-05-01"), "Microsoft.ContainerRegistry")
    new_account(arm, "strictaccount")
    arm.put(f"{_CONTAINERS}/held", {})
    arm.put(f"{IDENTITIES}/strict", {"location": "westeurope"})
    arm.put(f"{REGISTRIES}/strictregistry", {"location": "westeurope", "sku": {"name": "Premium"}})
    plain = {name: value for name, value in _VAULT_BODY["properties"].items() if name != "networkAcls"}  # type: ignore[attr-defined]  # the literal is an object of objects
    assert (
        arm.put(f"{VAULTS}/strict-vault", {"location": "westeurope", "properties": plain}).status_code == 200
    )
    return arm


@pytest.mark.parametrize("name", BODIES)
@given(drawn=st.data())
@_QUIETLY
def test_no_body_makes_arm_itself_fail(ada: Arm, name: str, drawn: st.DataObject) -> None:
    method, path, body = BODIES[name]
    answer = ada.ask(method, path, spoiled(body, drawn))
    assert answer.status_code < 500, answer.text
    assert ada.get(path).status_code < 500


@pytest.mark.parametrize("name", _DATA)
@given(drawn=st.data())
@_QUIETLY
def test_no_body_makes_a_vault_itself_fail(ada: Arm, sign_in: Any, name: str, drawn: st.DataObject) -> None:
    del ada
    method, path, body = _DATA[name]
    api = sign_in(scope=VAULT)
    answer = api.call(
        method,
        f"/vault.azure.net/strict-vault/{path}",
        params={"api-version": "7.4"},
        json=spoiled(body, drawn),
    )
    assert answer.status_code < 500, answer.text

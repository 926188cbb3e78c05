"""The vault itself: its challenge, its two ways of granting rights, its firewall, keys and secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.practice.arm_support import ADA, ARM, CONTOSO, Arm, Hands, refusal
from tests.practice.store_support import CRYPTO_OFFICER, VAULT, VAULTS, grant_role, message

_DIGEST = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2023-07-01")


class Vault:
    """A vault of its own for a test, spoken to as Ada."""

    def __init__(self, arm: Arm, api: Any, name: str, **properties: Any) -> None:
        every = {"keys": ["all"], "secrets": ["all"]}
        base = {
            "tenantId": CONTOSO,
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [{"tenantId": CONTOSO, "objectId": ADA, "permissions": every}],
        }
        self.id = f"{VAULTS}/{name}"
        made = arm.put(self.id, {"location": "westeurope", "properties": base | properties})
        assert made.status_code == 200, made.text
        self.at = f"/vault.azure.net/{name}"
        self._api = api

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        return self._api.call(method, f"{self.at}{path}", params={"api-version": "7.4", **query}, json=body)


@pytest.fixture(scope="module")
def mine(ada: Arm, sign_in: Any) -> Vault:
    return Vault(ada, sign_in(scope=VAULT), "data-vault")


def test_without_a_token_there_is_a_challenge(mine: Vault, anonymous: Any, sign_in: Any) -> None:
    answer = anonymous.call("GET", f"{mine.at}/keys", params={"api-version": "7.4"})
    assert refusal(answer) == (401, "Unauthorized")
    assert message(answer) == "AKV10000: Request is missing a Bearer or PoP token."
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization="https://login.microsoftonline.com/{CONTOSO}", resource="https://vault.azure.net"'
    )
    other = sign_in(scope=ARM).call("GET", f"{mine.at}/keys", params={"api-version": "7.4"})
    assert refusal(other) == (401, "Unauthorized")


def test_a_key_is_real(mine: Vault) -> None:
    made = mine.ask("POST", "/keys/real/create", {"kty": "RSA", "key_size": 2048}).json()["key"]
    modulus, exponent = (int.from_bytes(base64.urlsafe_b64decode(made[part] + "==")) for part in ("n", "e"))
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sealed = base64.urlsafe_b64encode(public.encrypt(b"plain", oaep)).decode().rstrip("=")
    opened = mine.ask("POST", "/keys/real/decrypt", {"alg": "RSA-OAEP-256", "value": sealed}).json()
    assert base64.urlsafe_b64decode(opened["value"] + "==") == b"plain"
    wrapped = mine.ask("POST", "/keys/real/wrapkey", {"alg": "RSA-OAEP", "value": _DIGEST}).json()["value"]
    assert (
        mine.ask("POST", "/keys/real/unwrapkey", {"alg": "RSA-OAEP", "value": wrapped}).json()["value"]
        == _DIGEST
    )
    assert refusal(mine.ask("POST", "/keys/real/decrypt", {"alg": "RSA-OAEP", "value": _DIGEST})) == (
        400,
        "BadParameter",
    )


@pytest.mark.parametrize(
    ("made", "algorithm"),
    [
        ({"kty": "RSA"}, "RS256"), ({"kty": "RSA"}, "PS256"), ({"kty": "EC", "crv": "P-256"}, "ES256"),
        ({"kty": "EC", "crv": "P-256K"}, "ES256K"),
    ],
)  # fmt: skip
def test_a_signature_is_verified(mine: Vault, made: dict[str, str], algorithm: str) -> None:
    name = f"sign-{algorithm}"
    mine.ask("POST", f"/keys/{name}/create", made)
    signed = mine.ask("POST", f"/keys/{name}/sign", {"alg": algorithm, "value": _DIGEST}).json()["value"]
    asked = {"alg": algorithm, "digest": _DIGEST, "value": signed}
    assert mine.ask("POST", f"/keys/{name}/verify", asked).json() == {"value": True}
    other = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    assert mine.ask("POST", f"/keys/{name}/verify", asked | {"digest": other}).json() == {"value": False}
    assert refusal(mine.ask("POST", f"/keys/{name}/sign", {"alg": "ES512", "value": _DIGEST})) == (
        400,
        "BadParameter",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kty": "RSA", "key_size": 1024}, "key_size"),
        ({"kty": "EC", "crv": "P-1"}, "crv"),
        ({"kty": "DSA"}, "kty"),
        ({"kty": "oct-HSM"}, "kty"),
        ({"kty": "RSA-HSM"}, "premium"),
    ],
)
def test_a_key_that_cannot_be_is_refused(mine: Vault, body: dict[str, Any], words: str) -> None:
    answer = mine.ask("POST", "/keys/never/create", body)
    assert refusal(answer) == (400, "BadParameter")
    assert words in message(answer)


def test_versions_pages_and_changes(mine: Vault) -> None:
    for _ in range(3):
        mine.ask("POST", "/keys/paged/create", {"kty": "EC"})
    first = mine.ask("GET", "/keys/paged/versions", maxresults="2").json()
    assert len(first["value"]) == 2
    rest = mine._api.call("GET", "/" + first["nextLink"].split("/", 3)[3]).json()
    assert (len(rest["value"]), rest["nextLink"]) == (1, None)
    changed = mine.ask("PATCH", "/keys/paged", {"attributes": {"enabled": False}, "tags": {"a": "b"}}).json()
    assert (changed["attributes"]["enabled"], changed["tags"]) == (False, {"a": "b"})
    used = mine.ask("POST", "/keys/paged/sign", {"alg": "ES256", "value": _DIGEST})
    assert (refusal(used), used.json()["error"]["innererror"]["code"]) == ((403, "Forbidden"), "KeyDisabled")
    assert refusal(mine.ask("GET", "/keys", maxresults="26")) == (400, "BadParameter")


def test_a_key_is_deleted_recovered_purged_and_restored(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2023-07-01")
    vault = Vault(arm, sign_in(scope=VAULT), "grave-vault")
    hands.on(60)
    vault.ask("POST", "/keys/soul/create", {"kty": "EC"})
    backup = vault.ask("POST", "/keys/soul/backup").json()["value"]
    assert "PRIVATE" not in base64.urlsafe_b64decode(backup + "==").decode("latin-1")
    gone = vault.ask("DELETE", "/keys/soul").json()
    assert gone["scheduledPurgeDate"] - gone["deletedDate"] == 90 * 86400
    assert refusal(vault.ask("GET", "/keys/soul")) == (404, "KeyNotFound")
    early = vault.ask("GET", "/deletedkeys/soul")
    assert (refusal(early), message(early)) == ((404, "KeyNotFound"), "Deleted Key not found: soul")
    going = vault.ask("POST", "/deletedkeys/soul/recover")
    assert (refusal(going), message(going)) == ((409, "Conflict"), "Key soul is currently being deleted.")
    hands.on(60)
    assert vault.ask("GET", "/deletedkeys/soul").status_code == 200
    blocked = vault.ask("POST", "/keys/soul/create", {"kty": "EC"})
    assert blocked.json()["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"
    assert vault.ask("POST", "/deletedkeys/soul/recover").status_code == 200
    hands.on(60)
    assert vault.ask("GET", "/keys/soul").status_code == 200
    vault.ask("DELETE", "/keys/soul")
    hands.on(60)
    assert vault.ask("DELETE", "/deletedkeys/soul").status_code == 204
    assert vault.ask("POST", "/keys/restore", {"value": backup}).status_code == 200
    assert arm.get(f"{vault.id}/keys/soul").status_code == 200
    assert refusal(vault.ask("POST", "/keys/restore", {"value": "AAAA"})) == (400, "BadParameter")


def test_a_key_made_elsewhere_comes_in(mine: Vault) -> None:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    parts = {
        "n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d, "p": numbers.p, "q": numbers.q,
        "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp,
    }  # fmt: skip
    jwk = {
        name: base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode().rstrip("=")
        for name, value in parts.items()
    }
    answer = mine.ask("PUT", "/keys/foreign", {"key": {"kty": "RSA", **jwk}})
    assert answer.json()["key"]["n"] == jwk["n"]
    assert refusal(mine.ask("PUT", "/keys/broken", {"key": {"kty": "RSA", "n": "AQAB"}})) == (
        400,
        "BadParameter",
    )


def test_a_policy_gives_only_what_it_names(ada: Arm, sign_in: Any) -> None:
    narrow = [{"tenantId": CONTOSO, "objectId": ADA, "permissions": {"keys": ["list"]}}]
    vault = Vault(ada, sign_in(scope=VAULT), "narrow-vault", accessPolicies=narrow)
    assert vault.ask("GET", "/keys").status_code == 200
    refused = vault.ask("POST", "/keys/k/create", {"kty": "EC"})
    assert (refusal(refused), refused.json()["error"]["innererror"]["code"]) == (
        (403, "Forbidden"),
        "ForbiddenByPolicy",
    )
    assert "does not have keys create permission on key vault 'narrow-vault;location=westeurope'" in message(
        refused
    )


def test_with_roles_the_maker_of_a_vault_has_no_right_to_its_keys(ada: Arm, sign_in: Any) -> None:
    vault = Vault(ada, sign_in(scope=VAULT), "role-vault", enableRbacAuthorization=True)
    refused = vault.ask("POST", "/keys/k/create", {"kty": "EC"})
    assert refused.json()["error"]["innererror"]["code"] == "ForbiddenByRbac"
    assert "Action: 'Microsoft.KeyVault/vaults/keys/create/action'" in message(refused)
    grant_role(ada, vault.id, CRYPTO_OFFICER, ADA)
    assert vault.ask("POST", "/keys/k/create", {"kty": "EC"}).status_code == 200
    assert vault.ask("GET", "/secrets").status_code == 403


@pytest.mark.parametrize(
    ("change", "inner"),
    [
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}}, "ForbiddenByFirewall"),
        ({"publicNetworkAccess": "Disabled"}, "ForbiddenByConnection"),
    ],
)
def test_a_shut_vault_lets_nobody_in_from_outside(
    ada: Arm, sign_in: Any, change: dict[str, Any], inner: str
) -> None:
    vault = Vault(ada, sign_in(scope=VAULT), f"shut-{inner[11:].lower()}")
    assert vault.ask("GET", "/keys").status_code == 200
    ada.ask("PATCH", vault.id, {"properties": change})
    assert vault.ask("GET", "/keys").json()["error"]["innererror"]["code"] == inner


def test_a_secret_is_set_and_read(mine: Vault) -> None:
    made = mine.ask("PUT", "/secrets/word", {"value": "hush", "contentType": "text/plain"}).json()
    assert (made["value"], made["contentType"]) == ("hush", "text/plain")
    assert mine.ask("GET", "/secrets/word").json()["value"] == "hush"
    assert "value" not in mine.ask("GET", "/secrets").json()["value"][0]
    assert refusal(mine.ask("GET", "/secrets/none")) == (404, "SecretNotFound")
    assert refusal(mine.ask("PUT", "/secrets/none", {})) == (400, "BadParameter")


def test_a_vault_nobody_has(mine: Vault) -> None:
    answer = mine._api.call("GET", "/vault.azure.net/nobodys-vault/keys", params={"api-version": "7.4"})
    assert refusal(answer) == (404, "VaultNotFound")

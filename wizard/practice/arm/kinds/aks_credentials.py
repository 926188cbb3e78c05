"""How one signs in to a Kubernetes cluster: its kubeconfig, for the administrator and for people."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.types import Acting
from wizard.practice.kernel import Failure, Practice, Response

_KIND = "kubeconfig"
_YEARS = timedelta(days=10950)
_SERVER_APP = "6dae42f8-4368-4678-94ff-3960e28e3630"


def _authority(practice: Practice, key: str) -> dict[str, str]:
    """The certificate, key and token of a cluster's administrator, made when they are asked for first."""
    if kept := practice.state.get(_KIND, key):
        return {name: str(value) for name, value in kept.items()}
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    now = practice.clock.now()
    certificate = (
        x509.CertificateBuilder(
            name, name, private.public_key(), x509.random_serial_number(), now, now + _YEARS
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = {
        "certificate": base64.b64encode(pem).decode(),
        "key": base64.b64encode(secret).decode(),
        "token": secrets.token_hex(64),
    }
    practice.state.put(_KIND, key, dict(made))
    return made


def _config(cluster: dict[str, Any], who: str, user: dict[str, Any], authority: str, *, admin: bool) -> str:
    name, properties = cluster["name"], cluster["properties"]
    host = properties.get("fqdn") or properties.get("privateFQDN")
    context = f"{name}-admin" if admin else name
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {"certificate-authority-data": authority, "server": f"https://{host}:443"},
                "name": name,
            }
        ],
        "contexts": [{"context": {"cluster": name, "user": who}, "name": context}],
        "current-context": context,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": who, "user": user}],
    }
    # JSON is YAML too, but people read these files.
    return base64.b64encode(_yaml(document).encode()).decode()


def _yaml(found: Any, depth: int = 0) -> str:
    pad = "  " * depth
    if isinstance(found, dict):
        return "".join(f"{pad}{name}:{_value(value, depth)}" for name, value in found.items())
    lines = []
    for one in found:
        text = _yaml(one, depth + 1) if isinstance(one, dict) else f"{pad}  {json.dumps(one)}\n"
        lines.append(f"{pad}- {text.lstrip()}")
    return "".join(lines)


def _value(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return f"\n{_yaml(value, depth + 1)}" if value else " {}\n"
    if isinstance(value, list):
        return f"\n{_yaml(value, depth)}" if value else " []\n"
    text = str(value)
    plain = text and all(one.isalnum() or one in "-_./=+" for one in text) and not text.isdigit()
    return f" {text}\n" if plain or text.startswith("https://") else f" {json.dumps(text)}\n"


def _credential(acting: Acting, name: str, *, admin: bool) -> Response:
    properties = acting.found["properties"]
    aad = properties.get("aadProfile") or {}
    if properties.get("disableLocalAccounts") and (admin or not aad):
        raise Failure(
            400,
            "BadRequest",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.",
            shape="flat",
            beside={"details": None, "subcode": ""},
        )
    own = _authority(acting.call.practice, acting.id.text)
    who = f"cluster{'Admin' if admin else 'User'}_{acting.id.group}_{acting.found['name']}"
    user: dict[str, Any] = {
        "client-certificate-data": own["certificate"],
        "client-key-data": own["key"],
        "token": own["token"],
    }
    if aad and not admin:
        user = _login(aad, acting)
    config = _config(acting.found, who, user, own["certificate"], admin=admin)
    return Response(200, {"kubeconfigs": [{"name": name, "value": config}]})


def _login(aad: dict[str, Any], acting: Acting) -> dict[str, Any]:
    tenant = aad.get("tenantID") or acting.call.tenant
    words = [
        "get-token",
        "--environment",
        "AzurePublicCloud",
        "--server-id",
        _SERVER_APP,
        "--tenant-id",
        tenant,
        "--login",
        "devicecode",
    ]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "args": words,
            "command": "kubelogin",
            "provideClusterInfo": False,
        }
    }


def admin(acting: Acting) -> Response:
    """The kubeconfig of the administrator."""
    return _credential(acting, "clusterAdmin", admin=True)


def user(acting: Acting) -> Response:
    """The kubeconfig of people."""
    return _credential(acting, "clusterUser", admin=False)


def monitoring(acting: Acting) -> Response:
    """The kubeconfig of those who watch."""
    return _credential(acting, "clusterMonitoringUser", admin=False)


def _access(call: Call) -> Response:
    """`accessProfiles/{role}/listCredential`, and the profile itself."""
    path = _cluster_part(call.path)
    key = ids.parse(path)
    found = shelf.must(call.practice, key)
    role = call.parts["role"]
    acting = Acting(call, key, found, {})
    answer = _credential(acting, role, admin=role.lower() == "clusteradmin")
    configs: Any = answer.body
    return Response(
        200,
        {
            "id": f"{key.text}/accessProfiles/{role}",
            "name": role,
            "type": "Microsoft.ContainerService/ManagedClusters/AccessProfiles",
            "location": found["location"],
            "properties": {"kubeConfig": configs["kubeconfigs"][0]["value"]},
        },
    )


def _cluster_part(path: str) -> str:
    """The cluster's own part of a path."""
    parts = path.split("/")
    return "/".join(parts[:9])


_CLUSTER = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"
_ONE = f"{_CLUSTER}/accessProfiles/{{role}}"
_RIGHT = "Microsoft.ContainerService/managedClusters/accessProfiles"
OPERATIONS = (
    Operation("POST", f"{_ONE}/listCredential", _access, f"{_RIGHT}/listCredential/action", strip=1),
    Operation("GET", _ONE, _access, f"{_RIGHT}/read"),
)

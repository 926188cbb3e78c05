"""The plain word for a resource type: what people call a ``Microsoft.Network/publicIPAddresses``."""

from __future__ import annotations

import re
from types import MappingProxyType

_WORDS = MappingProxyType(
    {
        "publicipaddresses": "public IP address",
        "natgateways": "NAT gateway",
        "sshpublickeys": "SSH public key",
        "registries": "container registry",
        "userassignedidentities": "managed identity",
        "containers": "blob container",
    }
)


def kind(resource_type: str) -> str:
    """Return the word in the singular: ``Microsoft.Authorization/roleAssignments`` is a role assignment."""
    last = resource_type.rsplit("/", 1)[-1]
    if told := _WORDS.get(last.lower()):
        return told
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).lower()
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + singular
    return word

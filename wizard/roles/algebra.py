"""What Hopsworks' two roles hold, as sets: the lists that Hopsworks publishes, and what each switch takes away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from wizard.answers import Answers

FULL_PROFILE, LIMITED, DOCS_3X = "full", "limited", "docs-3.x"
"""The permission profiles of step 1.2: all that Hopsworks asks for, what the switches leave, the list of docs 3.x."""


def _listed(namespace: str, lines: str) -> tuple[str, ...]:
    """Read a table: each line names a type and what may be done with it."""
    rows = (line.split() for line in lines.strip().splitlines())
    return tuple(f"Microsoft.{namespace}/{kind}/{verb}" for kind, *verbs in rows for verb in verbs)


# hopsworks-least-privilege.md 0.1; the words are Hopsworks' own.
OWN_NETWORK = _listed(
    "Network",
    """
    virtualNetworks write delete
    virtualNetworks/subnets write delete
    networkSecurityGroups write delete
    """,
)
BACKUP = (
    *_listed("Compute", "snapshots write read delete"),
    "Microsoft.Compute/disks/beginGetAccess/action",
)
PUBLIC_IP = _listed("Network", "publicIPAddresses join/action read write delete")
PORTS = _listed("Network", "networkSecurityGroups/securityRules write delete")
STORAGE_DROPDOWN = ("Microsoft.Storage/storageAccounts/read",)
DISK_READ = ("Microsoft.Compute/disks/read",)
"""Needed by backups or by upgrades; dropped only when both are off (section 0.3, contradiction 1)."""

FULL = (
    *_listed(
        "Compute",
        """
        virtualMachines write start/action powerOff/action restart/action delete read deallocate/action
        disks write delete
        """,
    ),
    *_listed(
        "Network",
        """
        networkInterfaces read join/action write delete
        networkSecurityGroups read join/action defaultSecurityRules/read securityRules/read write delete
        networkSecurityGroups securityRules/write securityRules/delete
        publicIPAddresses join/action read write delete
        virtualNetworks write delete read
        virtualNetworks/subnets read write delete join/action
        """,
    ),
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Compute/sshPublicKeys/read",
    *_listed("ManagedIdentity", "userAssignedIdentities assign/action read"),
    *STORAGE_DROPDOWN,
    *BACKUP,
    *DISK_READ,
)
"""The 42 actions of the cross-account role, in the order in which Hopsworks shows them."""

_NOT_IN_DOCS_3X = (
    *OWN_NETWORK,
    *PORTS,
    *_listed("Compute", "virtualMachines powerOff/action restart/action"),
    *_listed("Network", "networkSecurityGroups defaultSecurityRules/read securityRules/read"),
)
DOCS_3X_ACTIONS = tuple(action for action in FULL if action not in _NOT_IN_DOCS_3X)
"""The 30 actions that the documentation of Hopsworks 3.x prints."""
DOCS_3X_OPTIONAL = ("Microsoft.Authorization/roleAssignments/read",)
"""Lets Hopsworks look at its own role; docs 3.x offer it."""

STORAGE = (
    *_listed("Storage", "storageAccounts/blobServices/containers write read"),
    *_listed("Storage", "storageAccounts/blobServices read"),
)
STORAGE_DATA = _listed(
    "Storage", "storageAccounts/blobServices/containers/blobs delete read move/action write"
)
IDENTITY_BACKUP = _listed("Storage", "storageAccounts blobServices/write listKeys/action")
REGISTRY = _listed("ContainerRegistry", "registries pull/read push/write artifacts/delete")
KUBERNETES = _listed("ContainerService", "managedClusters listClusterUserCredential/action read")

UPGRADE = (
    *_listed("Compute", "virtualMachines read write"),
    *_listed("Compute", "disks read write"),
    "Microsoft.Storage/storageAccounts/listKeys/action",
)
"""A role of its own for the managed identity, for upgrades of clusters up to 2.2 (contradictions 2 and 3)."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What Hopsworks shall be able to do; the document's defaults. `managed_users` changes no role."""

    own_network: bool = True
    backups: bool = True
    public_ip: bool = True
    ports_from_ui: bool = True
    storage_dropdown: bool = True
    upgrades: bool = True
    managed_users: bool = True

    @classmethod
    def of(cls, answers: Answers) -> Switches:
        """Return the switches as they are answered; what is not answered stands at its default."""
        return cls(**{one.name: bool(answers.get(one.name, one.default)) for one in fields(cls)})

    def removed(self) -> frozenset[str]:
        """The actions of `FULL` that these switches take away (section 0.2)."""
        taken: list[str] = []
        taken += OWN_NETWORK if self.own_network else ()
        taken += () if self.backups else BACKUP
        taken += () if self.backups or self.upgrades else DISK_READ
        taken += () if self.public_ip else PUBLIC_IP
        taken += () if self.ports_from_ui else PORTS
        taken += () if self.storage_dropdown else STORAGE_DROPDOWN
        return frozenset(taken)


def cross_actions(profile: str, switches: Switches) -> tuple[str, ...]:
    """Return the actions of the cross-account role. Only the profile `limited` minds the switches."""
    if profile == DOCS_3X:
        return DOCS_3X_ACTIONS
    removed = switches.removed() if profile == LIMITED else frozenset()
    return tuple(action for action in FULL if action not in removed)


def cross_of(answers: Answers) -> tuple[str, ...]:
    """Return the actions of the cross-account role that these answers ask for."""
    return cross_actions(answers.text("permission_profile"), Switches.of(answers))


def identity_actions(*, backups: bool, acr: bool, aks: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return actions and data actions of the managed identity's role; data actions are always those of storage."""
    actions = [*STORAGE, *(IDENTITY_BACKUP if backups else ())]
    actions += [*(REGISTRY if acr else ()), *(KUBERNETES if aks else ())]
    return tuple(actions), STORAGE_DATA


def same(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two lists of actions mean the same: neither order nor case matters."""
    return _folded(one) == _folded(other)


def without(actions: Iterable[str], taken: Collection[str]) -> tuple[str, ...]:
    """Return the actions that are not among `taken`, in their order; case does not matter."""
    gone = _folded(taken)
    return tuple(action for action in actions if action.casefold() not in gone)


def _folded(actions: Iterable[str]) -> frozenset[str]:
    return frozenset(action.casefold() for action in actions)

"""A plan with a thing of every sort, for the renderers: the real tools judge what they make of it."""

from __future__ import annotations

from wizard.plan import (
    GROUP_TYPE,
    Derived,
    DirectoryKind,
    DirectoryObject,
    Kept,
    KeyPair,
    Manual,
    Plan,
    Ref,
    Removal,
    Resource,
    Share,
)

_NOTHING = Share()
HOPSWORKS = "d4abcc44-2c40-40bd-9bba-986df591c28f"
AUTHORIZATION = "2022-04-01"
NETWORK = "2024-05-01"
_STORAGE = "Microsoft.Storage/storageAccounts/blobServices/containers"


def role(  # noqa: PLR0917 - as short as the rows of the plan
    key: str, group: str, name: str, actions: list[str], data_actions: list[str], step: str, told: str
) -> Resource:
    """A role definition at a group."""
    permissions = {"actions": actions, "notActions": [], "dataActions": data_actions, "notDataActions": []}
    return Resource(
        key=key,
        type="Microsoft.Authorization/roleDefinitions",
        api_version=AUTHORIZATION,
        name=Derived((group, name)),
        deploy_at=group,
        label=name,
        body={
            "properties": {
                "roleName": name,
                "description": f"What {name} may do; {told}",
                "type": "CustomRole",
                "permissions": [permissions],
                "assignableScopes": [group],
            }
        },
        step=step,
    )


def assignment(
    key: str, group: str, of: str, who: Ref, step: str, *, scope: str = "", name: str = ""
) -> Resource:
    """A role assignment of a planned role."""
    return Resource(
        key=key,
        type="Microsoft.Authorization/roleAssignments",
        api_version=AUTHORIZATION,
        name=Derived((scope or group, of, name or who)),
        deploy_at=group,
        scope=scope,
        label=f"{of} for {who.object}",
        body={
            "properties": {
                "roleDefinitionId": Ref(of, "id"),
                "principalId": who,
                "principalType": "ServicePrincipal",
            }
        },
        step=step,
    )


def _rule(name: str, priority: int, port: str, source: str, told: str) -> dict[str, object]:
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": port,
            "description": f"{name} {told}",
        },
    }


def everything(
    subscription: str,
    tenant: str = "",
    *,
    group_name: str = "rg-exports",
    tag: str = "vision",
    role_name: str = "exports cross role",
    told: str = "is needed (really)",
    more: Share = _NOTHING,
) -> Plan:
    """Group, roles, principal, assignments, identity, storage, container, registry, key, NSG, addresses, network."""
    at = f"/subscriptions/{subscription}"
    group = f"{at}/resourceGroups/{group_name}"
    place = {"location": "westeurope", "tags": {"team": tag}}
    storage = f"{group}/providers/Microsoft.Storage/storageAccounts/azimuthexports"
    principal, identity = Ref("hopsworks_principal", "object_id"), Ref("identity", "principal_id")
    arm_identity = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/exports-identity"

    def resource(key: str, sort: str, version: str, name: str, step: str, **body: object) -> Resource:
        return Resource(key, sort, version, name, group, name, body, step=step)

    resources = (
        Resource("group", GROUP_TYPE, "2022-09-01", group_name, at, group_name, place, step="0.4"),
        role("cross_role", group, role_name, ["Microsoft.Compute/virtualMachines/read"], [], "1.2", told),
        assignment("cross_assignment", group, "cross_role", principal, "1.3"),
        resource("nsg", "Microsoft.Network/networkSecurityGroups", NETWORK, "exports-nsg", "L2", **place,
            properties={"securityRules": [_rule("AllowHttps", 100, "443", "Internet", told), _rule("AllowSsh", 110, "22", "10.0.0.0/8", told)]}),
        resource("nat_ip", "Microsoft.Network/publicIPAddresses", NETWORK, "exports-nat-ip", "L1", **place,
            sku={"name": "Standard"}, properties={"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}),
        resource("nat", "Microsoft.Network/natGateways", NETWORK, "exports-nat", "L1", **place,
            sku={"name": "Standard"}, properties={"idleTimeoutInMinutes": 4, "publicIpAddresses": [{"id": Ref("nat_ip", "id")}]}),
        resource("vnet", "Microsoft.Network/virtualNetworks", NETWORK, "exports-vnet", "L1", **place,
            properties={
                "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
                "subnets": [{"name": "default", "properties": {
                    "addressPrefix": "10.20.0.0/24",
                    "natGateway": {"id": Ref("nat", "id")},
                    "networkSecurityGroup": {"id": Ref("nsg", "id")},
                    "defaultOutboundAccess": False,
                }}],
            }),
        role("storage_role", group, "exports storage role", [f"{_STORAGE}/read", f"{_STORAGE}/write"], [f"{_STORAGE}/blobs/read"], "2.1", told),
        Resource("identity", "Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31", "exports-identity", group,
            "exports-identity", place, step="2.2", reads={"principal_id": "properties.principalId"}),
        resource("storage", "Microsoft.Storage/storageAccounts", "2023-05-01", "azimuthexports", "2.3", **place,
            kind="StorageV2", sku={"name": "Standard_LRS"}, properties={
                "minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": True, "allowBlobPublicAccess": False,
                "allowSharedKeyAccess": True, "isHnsEnabled": False, "publicNetworkAccess": "Enabled"}),
        resource("container", "Microsoft.Storage/storageAccounts/blobServices/containers", "2023-05-01",
            "azimuthexports/default/hopsworks", "2.3"),
        assignment("storage_assignment", group, "storage_role", identity, "2.4", scope=storage, name=arm_identity),
        resource("registry", "Microsoft.ContainerRegistry/registries", "2023-07-01", "azimuthexports", "2.5", **place,
            sku={"name": "Premium"}, properties={"adminUserEnabled": False,
                "policies": {"retentionPolicy": {"status": "enabled", "days": 7}}}),
        resource("ssh_key", "Microsoft.Compute/sshPublicKeys", "2024-11-01", "exports-key", "3", **place,
            properties={"publicKey": Ref("ssh_pair", "public_key")}),
    )  # fmt: skip
    share = Share(
        directory=(
            DirectoryObject(
                "hopsworks_principal",
                DirectoryKind.SERVICE_PRINCIPAL,
                "hopsworks.ai",
                {"app_id": HOPSWORKS},
                step="1.1",
            ),
        ),
        resources=resources,
        keys=(KeyPair("ssh_pair", "exports-key", "~/.ssh/exports.pem", step="3"),),
        kept=(Kept("subscription", at, step="0.4"),),
        manual=(
            Manual(
                "connect",
                "Connect the account",
                "Paste both ids into Hopsworks,\nthen press Finish.",
                "az account show",
                "1.3b",
            ),
        ),
        providers=(
            "Microsoft.Network",
            "Microsoft.Compute",
            "Microsoft.Storage",
            "Microsoft.ManagedIdentity",
            "Microsoft.ContainerRegistry",
        ),
    )
    return Plan.of("exports", tenant, subscription, share, more)


NASTY = "a 'b' \"c\" $(touch pwned) `touch pwned` ; touch pwned & | > pwned \\ ${HOME} @x =@y %{z} #! *? ünï 漢字 🎉"
LINES = f"first {NASTY}\nJSON\ntouch pwned\nEOT\n"
LEADING = "@/etc/passwd -rf $(touch pwned)"


def _old(subscription: str) -> str:
    """A role assignment of practice Azure's default world, that nothing else needs."""
    group = f"/subscriptions/{subscription}/resourceGroups/rg-shared"
    return f"{group}/providers/Microsoft.Authorization/roleAssignments/a64b88b0-402d-4603-9565-5d03be61dea4"


def nasty(subscription: str, tenant: str = "") -> Plan:
    """The same with names that would be code if they were not quoted, and with what az has no command for."""
    group = f"/subscriptions/{subscription}/resourceGroups/rg-exports"
    account = "Microsoft.Storage/storageAccounts"
    more = Share(
        directory=(
            DirectoryObject(
                "app",
                DirectoryKind.APPLICATION,
                NASTY,
                {"display_name": NASTY, "unique_name": "azimuth-exports"},
                step="2.1",
            ),
            DirectoryObject(
                "principal",
                DirectoryKind.SERVICE_PRINCIPAL,
                NASTY,
                {"app_id": Ref("app", "app_id")},
                step="2.1",
            ),
            DirectoryObject(
                "federation",
                DirectoryKind.FEDERATED_CREDENTIAL,
                NASTY,
                {
                    "application": Ref("app", "object_id"),
                    "name": "exports-federation",
                    "issuer": "https://token.actions.githubusercontent.com",
                    "subject": "repo:a/b:ref:refs/heads/it's $(touch pwned) `x`",
                    "audience": "api://AzureADTokenExchange",
                },
                step="2.4",
            ),
        ),
        resources=(
            Resource(
                "theirs",
                account,
                "2023-05-01",
                "vision6900115126",
                f"/subscriptions/{subscription}/resourceGroups/rg-vision",
                "vision6900115126",
                {
                    "location": "westeurope",
                    "kind": "StorageV2",
                    "sku": {"name": "Standard_LRS"},
                    "tags": {"team": NASTY, "count": "30"},
                    "properties": {"minimumTlsVersion": "TLS1_2"},
                },
                step="9",
                updates=True,
                keeps=("location", "kind", "sku"),
            ),
            Resource(
                "walled",
                account,
                "2023-05-01",
                "azimuthwalled",
                group,
                "azimuthwalled",
                {
                    "location": "westeurope",
                    "kind": "StorageV2",
                    "tags": {"leading": LEADING, "lines": LINES},
                    "sku": {"name": "Standard_LRS"},
                    "properties": {"networkAcls": {"bypass": "None", "defaultAction": "Deny"}},
                },
                step="9",
            ),
        ),
        removals=(
            Removal(
                "old",
                "Microsoft.Authorization/roleAssignments",
                AUTHORIZATION,
                _old(subscription),
                "an old right",
                step="9",
            ),
        ),
        manual=(Manual("by_hand", NASTY, LINES, LINES, "9"),),
    )
    return everything(
        subscription,
        tenant,
        tag=NASTY.replace("=@", "="),
        role_name=f"exports {NASTY}",
        told=NASTY,
        more=more,
    )

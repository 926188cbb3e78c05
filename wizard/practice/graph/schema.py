"""What Graph's objects are made of: each property's type, first value, and whether a client may write it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wizard.practice.kernel import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["string", "boolean", "strings", "objects", "object", "enum", "time"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity type."""

    kind: Kind = "string"
    first: Any = None
    writable: bool = True
    longest: int = 1024
    choices: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity type: its name as Graph's messages give it, its set, its properties."""

    name: str
    collection: str
    properties: Mapping[str, Property]
    hidden: frozenset[str] = frozenset()  # answered only when `$select` names them

    def fresh(self) -> dict[str, Any]:
        """A new object with every property at its first value."""
        return {name: copy.deepcopy(kind.first) for name, kind in self.properties.items()}

    def shown(self, document: Mapping[str, Any], select: tuple[str, ...] = ()) -> dict[str, Any]:
        """What Graph answers of a document: the selected properties, else the usual ones."""
        names = select or tuple(name for name in self.properties if name not in self.hidden)
        return {name: document.get(name, self.properties[name].first) for name in names}

    def check(self, body: Mapping[str, Any]) -> None:
        """Whether a client may write this.

        Raises:
            Failure: 400 for the first property that is unknown, read-only or of the wrong type.
        """
        for name, value in body.items():
            if name.startswith("@odata."):
                continue
            known = self.properties.get(name)
            if known is None:
                raise bad_request(f"Invalid property '{name}'.")
            if not known.writable:
                raise bad_request(f"Property '{name}' is read-only and cannot be set.")
            if not _fits(known, value):
                raise bad_request(
                    f"Invalid value specified for property '{name}' of resource '{self.name}'.",
                )


def bad_request(message: str) -> Failure:
    """400 `Request_BadRequest`."""
    return Failure(400, "Request_BadRequest", message)


def _fits(known: Property, value: object) -> bool:
    match known.kind:
        case "string" | "time":
            return value is None or (isinstance(value, str) and len(value) <= known.longest)
        case "enum":
            return value in known.choices
        case "boolean":
            return value is None or isinstance(value, bool)
        case "strings":
            return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
        case "objects":
            return isinstance(value, list) and all(isinstance(item, dict) for item in value)
        case "object":
            return value is None or (
                isinstance(value, dict)
                and value.keys() <= set(known.inner)
                and all(_alike(name, (known.first or {}).get(name), part) for name, part in value.items())
            )


def _alike(name: str, first: object, value: object) -> bool:
    """Whether a part of a complex value is of the kind it is in a new object; what is null there may be any."""
    if isinstance(first, list):
        return isinstance(value, list) and all(
            isinstance(item, str if name.endswith("Uris") else str | dict) for item in value
        )
    return first is None or value is None or isinstance(value, type(first))


_READ = Property(writable=False)
_NOTHING = Property("objects", [], writable=False)
_URLS = {
    "logoUrl": None,
    "marketingUrl": None,
    "privacyStatementUrl": None,
    "supportUrl": None,
    "termsOfServiceUrl": None,
}
_PUBLISHER = {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}
_AUDIENCES = (
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
)
_API: dict[str, Any] = {
    "acceptMappedClaims": None,
    "knownClientApplications": [],
    "requestedAccessTokenVersion": None,
    "oauth2PermissionScopes": [],
    "preAuthorizedApplications": [],
}
_WEB: dict[str, Any] = {
    "homePageUrl": None,
    "logoutUrl": None,
    "redirectUris": [],
    "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
    "redirectUriSettings": [],
}


def _shape(first: Mapping[str, Any], *, writable: bool = True) -> Property:
    return Property("object", dict(first), writable, inner=tuple(first))


APPLICATION = Entity(
    "Application",
    "applications",
    {
        "id": _READ,
        "deletedDateTime": _READ,
        "appId": _READ,
        "applicationTemplateId": _READ,
        "disabledByMicrosoftStatus": _READ,
        "createdDateTime": Property("time", writable=False),
        "displayName": Property(longest=256),
        "description": Property(),
        "groupMembershipClaims": Property(),
        "identifierUris": Property("strings", []),
        "isDeviceOnlyAuthSupported": Property("boolean"),
        "isFallbackPublicClient": Property("boolean"),
        "nativeAuthenticationApisEnabled": Property(),
        "notes": Property(),
        "publisherDomain": _READ,
        "serviceManagementReference": Property(),
        "signInAudience": Property("enum", "AzureADMyOrg", choices=_AUDIENCES),
        "tags": Property("strings", []),
        "tokenEncryptionKeyId": Property(),
        "uniqueName": _READ,
        "samlMetadataUrl": Property(),
        "defaultRedirectUri": Property(),
        "certification": _READ,
        "optionalClaims": Property("object", inner=("accessToken", "idToken", "saml2Token")),
        "servicePrincipalLockConfiguration": Property(
            "object",
            inner=(
                "isEnabled",
                "allProperties",
                "credentialsWithUsageVerify",
                "credentialsWithUsageSign",
                "tokenEncryptionKeyId",
            ),
        ),
        "requestSignatureVerification": Property(
            "object", inner=("allowedWeakAlgorithms", "isSignedRequestRequired")
        ),
        "addIns": Property("objects", []),
        "api": _shape(_API),
        "appRoles": Property("objects", []),
        "info": _shape(_URLS),
        "keyCredentials": Property("objects", []),
        "parentalControlSettings": _shape({"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"}),
        "passwordCredentials": Property("objects", []),
        "publicClient": _shape({"redirectUris": []}),
        "requiredResourceAccess": Property("objects", []),
        "verifiedPublisher": _shape(_PUBLISHER, writable=False),
        "web": _shape(_WEB),
        "spa": _shape({"redirectUris": []}),
    },
)

SERVICE_PRINCIPAL = Entity(
    "ServicePrincipal",
    "servicePrincipals",
    {
        "id": _READ,
        "deletedDateTime": _READ,
        "accountEnabled": Property("boolean", first=True),
        "alternativeNames": Property("strings", []),
        "appDisplayName": _READ,
        "appDescription": _READ,
        "appId": Property(),
        "applicationTemplateId": _READ,
        "appOwnerOrganizationId": _READ,
        "appRoleAssignmentRequired": Property("boolean", first=False),
        "createdDateTime": Property("time", writable=False),
        "description": Property(),
        "disabledByMicrosoftStatus": _READ,
        "displayName": Property(longest=256),
        "homepage": Property(),
        "loginUrl": Property(),
        "logoutUrl": Property(),
        "notes": Property(),
        "notificationEmailAddresses": Property("strings", []),
        "preferredSingleSignOnMode": Property(),
        "preferredTokenSigningKeyThumbprint": Property(),
        "replyUrls": Property("strings", []),
        "servicePrincipalNames": Property("strings", []),
        "servicePrincipalType": Property(
            "enum", "Application", writable=False, choices=("Application", "ManagedIdentity")
        ),
        "signInAudience": Property("enum", "AzureADMyOrg", writable=False, choices=_AUDIENCES),
        "tags": Property("strings", []),
        "tokenEncryptionKeyId": Property(),
        "samlSingleSignOnSettings": Property("object", inner=("relayState",)),
        "addIns": _NOTHING,
        "appRoles": _NOTHING,
        "info": _shape(_URLS, writable=False),
        "keyCredentials": _NOTHING,
        "oauth2PermissionScopes": _NOTHING,
        "passwordCredentials": _NOTHING,
        "resourceSpecificApplicationPermissions": _NOTHING,
        "verifiedPublisher": _shape(_PUBLISHER, writable=False),
    },
)

USER = Entity(
    "User",
    "users",
    {
        "businessPhones": Property("strings", []),
        "displayName": Property(),
        "givenName": Property(),
        "jobTitle": Property(),
        "mail": Property(),
        "mobilePhone": Property(),
        "officeLocation": Property(),
        "preferredLanguage": Property(),
        "surname": Property(),
        "userPrincipalName": Property(),
        "id": _READ,
        "accountEnabled": Property("boolean", first=True),
        "createdDateTime": Property("time"),
        "creationType": Property(),
        "userType": Property(),
    },
    frozenset({"accountEnabled", "createdDateTime", "creationType", "userType"}),
)

GROUP = Entity(
    "Group",
    "groups",
    {
        "id": _READ,
        "deletedDateTime": _READ,
        "classification": Property(),
        "createdDateTime": _READ,
        "creationOptions": Property("strings", []),
        "description": Property(),
        "displayName": Property(),
        "expirationDateTime": _READ,
        "groupTypes": Property("strings", []),
        "infoCatalogs": Property("strings", []),
        "isAssignableToRole": Property("boolean"),
        "mail": _READ,
        "mailEnabled": Property("boolean"),
        "mailNickname": Property(),
        "membershipRule": Property(),
        "membershipRuleProcessingState": _READ,
        "onPremisesDomainName": _READ,
        "onPremisesLastSyncDateTime": _READ,
        "onPremisesNetBiosName": _READ,
        "onPremisesSamAccountName": _READ,
        "onPremisesSecurityIdentifier": _READ,
        "onPremisesSyncEnabled": _READ,
        "preferredDataLocation": Property(),
        "preferredLanguage": Property(),
        "proxyAddresses": Property("strings", []),
        "renewedDateTime": _READ,
        "resourceBehaviorOptions": Property("strings", []),
        "resourceProvisioningOptions": Property("strings", []),
        "securityEnabled": Property("boolean"),
        "securityIdentifier": _READ,
        "theme": Property(),
        "uniqueName": Property(),
        "visibility": Property(),
        "onPremisesProvisioningErrors": _NOTHING,
        "serviceProvisioningErrors": _NOTHING,
    },
)

GRANT = Entity(
    "OAuth2PermissionGrant",
    "oauth2PermissionGrants",
    {
        "clientId": Property(),
        "consentType": Property("enum", choices=("AllPrincipals", "Principal")),
        "id": _READ,
        "principalId": Property(),
        "resourceId": Property(),
        "scope": Property(longest=3850),
    },
)

FEDERATED = Entity(
    "FederatedIdentityCredential",
    "federatedIdentityCredentials",
    {
        "id": _READ,
        "name": Property(longest=120),
        "issuer": Property(longest=600),
        "subject": Property(longest=600),
        "description": Property(longest=600),
        "audiences": Property("strings", []),
    },
)

DIRECTORY_ROLE = Entity(
    "DirectoryRole",
    "directoryRoles",
    {
        "id": _READ,
        "deletedDateTime": _READ,
        "description": _READ,
        "displayName": _READ,
        "roleTemplateId": _READ,
    },
)

TENANT_INFORMATION = Entity(
    "TenantInformation",
    "tenantRelationships",
    {"tenantId": _READ, "federationBrandName": _READ, "displayName": _READ, "defaultDomainName": _READ},
)

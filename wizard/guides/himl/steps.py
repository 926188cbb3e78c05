"""The steps of the hi-ml guide: what each asks, by the document's order."""

from __future__ import annotations

import re

from wizard.answers import Answers, Value
from wizard.checks import applications, client_secrets, tenants, workspaces
from wizard.context import CHAPTER as WHERE
from wizard.guide import Chapter, Choice, Kind, Question, Step
from wizard.guides.himl.naming import unique_name
from wizard.guides.himl.now import this_machine
from wizard.shapes import between, length, matches, printable
from wizard.shapes import tenant as tenant_shape


def makes_principal(answers: Answers) -> bool:
    """Whether hi-ml gets an identity of its own."""
    return answers.text("auth_way") in {"service_principal", "federated"}


def _with_secret(answers: Answers) -> bool:
    return answers.text("auth_way") == "service_principal"


def _federated(answers: Answers) -> bool:
    return answers.text("auth_way") == "federated"


def is_new(answers: Answers) -> bool:
    """Whether an application is to be registered, as opposed to one that is there."""
    return answers.text("app_mode") == "new"


def _existing(answers: Answers) -> bool:
    return not is_new(answers)


def makes_secret(answers: Answers) -> bool:
    """Whether a client secret is to be made, as opposed to one that the person has."""
    return _with_secret(answers) and (is_new(answers) or answers.text("secret_from") == "new")


def _named_entity(answers: Answers) -> bool:
    return answers.text("github_entity") != "pull_request"


def _default_name(answers: Answers) -> Value:
    name = re.sub(r"[^a-z0-9]+", "-", str(answers.get("subscription_name", "")).lower()).strip("-")
    return f"himl-{name}" if name else "himl-service-principal"


def _default_scope(answers: Answers) -> Value:
    return "workspace" if answers.text("role") == "data_scientist" else "group"


def _default_tenant(answers: Answers) -> Value | None:
    return answers.get("subscription_tenant") or None


WAY = Chapter(
    "1",
    "Way",
    (
        Step(
            "1.1",
            "Authentication",
            "How hi-ml signs in when it submits a job. The document recommends the interactive way for people; a "
            "service principal is for pipelines and other machines where nobody can sign in.",
            (
                Question(
                    "auth_way",
                    "hi-ml signs in by",
                    Kind.CHOICE,
                    rule="One of the four ways that hi-ml's code knows.",
                    default="interactive",
                    choices=(
                        Choice(
                            "interactive",
                            "a person, in the browser",
                            "Recommended on a workstation. Nothing is created.",
                        ),
                        Choice(
                            "cli",
                            "the Azure CLI's sign-in",
                            "hi-ml uses an existing `az login`. Nothing is created.",
                        ),
                        Choice(
                            "service_principal",
                            "a service principal with a secret",
                            "For build pipelines and servers: three environment variables.",
                        ),
                        Choice(
                            "federated",
                            "GitHub Actions, without a secret",
                            "GitHub's own token stands in for a secret; nothing can leak or expire.",
                            aliases=("oidc",),
                        ),
                    ),
                    more="hi-ml tries the three variables first, then the Azure CLI, then device code and browser. A "
                    "secret that leaks lets anyone act as hi-ml until it expires: its own log discourages it.",
                ),
            ),
        ),
        Step(
            "1.2",
            "This machine",
            "What hi-ml would do here right now, before anything is changed.",
            checks=(this_machine,),
        ),
    ),
)

PRINCIPAL = Chapter(
    "2",
    "Service principal",
    (
        Step(
            "2.1",
            "Registration",
            "Document steps 1 to 5: an application is registered, and its service principal with it. The portal "
            "makes both at once; through the API they are two objects, and roles go to the second.",
            (
                Question(
                    "app_mode",
                    "Application",
                    Kind.CHOICE,
                    default="new",
                    choices=(
                        Choice("new", "register a new one"),
                        Choice("existing", "use one that is there"),
                    ),
                    checks=(applications.in_trusted_tenant,),
                ),
                Question(
                    "app_name",
                    "Name",
                    rule="1 to 120 characters. Names need not be unique, but people will thank you.",
                    default=_default_name,
                    shape=(length(1, 120), printable),
                    checks=(applications.may_register, applications.name_is_free(unique_name)),
                    wanted=is_new,
                ),
            ),
            makes="an application and its service principal",
            wanted=makes_principal,
        ),
        Step(
            "2.2",
            "Application id",
            "Document steps 6 and 7. Three ids look alike: the application (client) id is the one hi-ml wants; the "
            "object ids of the registration and of the enterprise application are not. Paste any: it is put right.",
            (
                Question(
                    "app_id",
                    "Application",
                    Kind.PICK,
                    rule="Pick one of yours, or paste its application (client) id.",
                    offers=applications.offer_applications,
                    checks=(applications.application_id,),
                    takes_own=True,
                    columns=("Created", "Application id"),
                ),
            ),
            wanted=lambda answers: makes_principal(answers) and _existing(answers),
        ),
        Step(
            "2.3",
            "Client secret",
            "Document steps 8 and 9: hi-ml signs in with this secret. Azure shows its value once; it goes straight "
            "to your secret store, and from there into HIML_SERVICE_PRINCIPAL_PASSWORD.",
            (
                Question(
                    "secret_from",
                    "Secret",
                    Kind.CHOICE,
                    default="new",
                    choices=(
                        Choice("new", "make a new one"),
                        Choice("mine", "I have one", "Paste its value below; it is tried at once."),
                    ),
                    wanted=_existing,
                ),
                Question(
                    "secret_value",
                    "Its value",
                    Kind.SECRET,
                    rule="The Value, about 40 characters; not the Secret ID.",
                    checks=(client_secrets.pasted_secret,),
                    wanted=lambda answers: not makes_secret(answers),
                ),
                Question(
                    "secret_name",
                    "Name",
                    rule="1 to 120 characters; it is how you find the secret in the portal.",
                    default="himl",
                    shape=(length(1, 120), printable),
                    wanted=makes_secret,
                ),
                Question(
                    "secret_months",
                    "Lifetime in months",
                    Kind.INTEGER,
                    rule="1 to 24 months; the portal recommends 6.",
                    default=6,
                    shape=(between(1, 24),),
                    wanted=makes_secret,
                    more="Builds break on the day a secret expires (AADSTS7000222). `azimuth verify` warns before.",
                ),
            ),
            makes="a client secret",
            wanted=_with_secret,
        ),
        Step(
            "2.4",
            "GitHub Actions",
            "Instead of a secret, the application trusts tokens that GitHub gives to one repository's workflows. "
            "Upper and lower case matter: Entra compares letter by letter.",
            (
                Question(
                    "github_repository",
                    "Repository",
                    rule="OWNER/NAME, as in the address of the repository.",
                    placeholder="microsoft/hi-ml",
                    shape=(
                        matches(
                            r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", "This is not OWNER/NAME."
                        ),
                    ),
                ),
                Question(
                    "github_entity",
                    "Trust its",
                    Kind.CHOICE,
                    default="branch",
                    choices=(
                        Choice("branch", "branch"),
                        Choice("environment", "environment"),
                        Choice("tag", "tag"),
                        Choice("pull_request", "pull requests"),
                    ),
                ),
                Question(
                    "github_name",
                    "Name of the branch, environment or tag",
                    rule="1 to 255 characters without blanks.",
                    default=lambda answers: "main" if answers.text("github_entity") == "branch" else None,
                    shape=(matches(r"\S{1,255}", "Blanks are not allowed, nor more than 255 characters."),),
                    wanted=_named_entity,
                ),
            ),
            makes="a federated credential",
            wanted=_federated,
        ),
    ),
)

PERMISSIONS = Chapter(
    "3",
    "Permissions",
    (
        Step(
            "3.1",
            "Workspace",
            "Steps 1 and 2 of the document's second list: the Azure Machine Learning workspace that hi-ml submits "
            "to. Its resource group is read from it.",
            (
                Question(
                    "workspace",
                    "Workspace",
                    Kind.PICK,
                    rule="A workspace of this subscription, by name or id.",
                    offers=workspaces.offer_workspaces,
                    columns=("Resource group", "Region"),
                ),
            ),
        ),
        Step(
            "3.2",
            "Role",
            "Step 3: the document gives Contributor on the whole group, which may delete everything in it. "
            "AzureML Data Scientist on the workspace is the smaller right: it submits runs, but makes no compute.",
            (
                Question(
                    "role",
                    "Role",
                    Kind.CHOICE,
                    default="contributor",
                    choices=(
                        Choice(
                            "contributor", "Contributor", "As in the document: may also change and delete."
                        ),
                        Choice(
                            "data_scientist",
                            "AzureML Data Scientist",
                            "Smaller: lost are creating and deleting compute, and changing the workspace.",
                            aliases=("AzureML Data Scientist",),
                        ),
                    ),
                ),
                Question(
                    "role_scope",
                    "On",
                    Kind.CHOICE,
                    default=_default_scope,
                    choices=(
                        Choice("group", "the resource group", "As in the document."),
                        Choice(
                            "workspace",
                            "the workspace only",
                            "Storage in other groups needs rights of its own.",
                        ),
                    ),
                    checks=(workspaces.may_assign_at_scope,),
                ),
            ),
            makes="a role assignment",
            wanted=makes_principal,
        ),
    ),
)

TENANT = Chapter(
    "4",
    "Tenant id",
    (
        Step(
            "4.1",
            "Tenant id",
            "The document's third list. It is read from your subscription; a domain is resolved for you. (“Azure "
            "Active Directory” in the document is Microsoft Entra ID today.)",
            (
                Question(
                    "tenant_id",
                    "Tenant id",
                    rule="A GUID; a domain such as contoso.com is resolved.",
                    default=_default_tenant,
                    shape=(tenant_shape,),
                    checks=(tenants.tenant_id,),
                ),
            ),
            wanted=makes_principal,
        ),
    ),
)

CHAPTERS = (WHERE, WAY, PRINCIPAL, PERMISSIONS, TENANT)

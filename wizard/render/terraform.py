"""A plan as Terraform: ``azapi_resource`` for whatever Azure Resource Manager holds, ``azuread_*`` for the directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# The names of role assignments are derived alike, so that Terraform finds what apply has made.
from wizard.plan import _OURS as NAMESPACE
from wizard.plan import (
    Derived,
    DirectoryKind,
    DirectoryObject,
    KeyPair,
    Known,
    Plan,
    Ref,
    Resource,
    Unknown,
    resolve,
)
from wizard.render import hcl
from wizard.render.arm import foretold
from wizard.render.hcl import Block, Expression, Template, Value, block
from wizard.render.kinds import kind
from wizard.render.order import needed, things
from wizard.text import clean_line

_HOURS_A_MONTH = 30 * 24
_APART = frozenset({"location", "tags", "identity"})
_FIELDS = {"object_id": "object_id", "app_id": "client_id", "id": "id"}


def terraform(plan: Plan, known: Known, title: str) -> str:
    """Return the plan as one ``.tf`` file; it holds no secret."""
    return hcl.document(_Terraform(plan, known).blocks(), head=_head(plan, title))


def terraform_json(plan: Plan, known: Known) -> str:
    """Return the same in Terraform's JSON form."""
    return hcl.json_document(_Terraform(plan, known).blocks())


def _head(plan: Plan, title: str) -> str:
    lines = [title, "terraform init, then terraform plan and apply."]
    lines += [f"Remove by hand: {clean_line(one.label)} ({clean_line(one.id)})" for one in plan.removals]
    lines += [
        f"By hand{f', step {one.step}' if one.step else ''}: {clean_line(one.title)}" for one in plan.manual
    ]
    return "\n".join(lines)


class _Terraform:
    def __init__(self, plan: Plan, known: Known) -> None:
        self.plan = plan
        self.told = foretold(plan.resources, {})
        self.known = known
        self.order = things(plan, known)
        self.ids = sorted(
            ((fields["id"], key) for key, fields in self.told.items() if "id" in fields),
            key=lambda found: -len(found[0]),
        )
        self.variables: dict[str, tuple[str, str]] = {}

    def blocks(self) -> list[Block]:
        found = [one for thing in self.order for one in self._thing(thing)]
        return [*self._providers(), *self._inputs(), *found, *self._outputs()]

    def _providers(self) -> Iterator[Block]:
        wanted: dict[str, Value] = {"azapi": {"source": "Azure/azapi", "version": "~> 2.0"}}
        if self.plan.directory:
            wanted["azuread"] = {"source": "hashicorp/azuread", "version": "~> 3.0"}
        yield block("terraform", blocks=[block("required_providers", attributes=wanted)])
        tenant = {"tenant_id": self.plan.tenant} if self.plan.tenant else {}
        yield block("provider", "azapi", attributes={"subscription_id": self.plan.subscription, **tenant})
        if self.plan.directory:
            yield block("provider", "azuread", attributes=tenant)

    def _inputs(self) -> Iterator[Block]:
        for name, (what, value) in self.variables.items():
            attributes: dict[str, Value] = {"type": Expression("string"), "description": what}
            yield block("variable", name, attributes=attributes | ({"default": value} if value else {}))

    def _outputs(self) -> Iterator[Block]:
        for output in self.plan.outputs:
            if output.secret or (isinstance(output.value, Ref) and self._missing(output.value)):
                continue
            value = self.value(output.value)
            yield block("output", hcl.name(output.name), attributes={"value": value})

    def _missing(self, ref: Ref) -> bool:
        return self._find(ref.object) is None

    # Values

    def value(self, value: Any) -> Any:
        """Return a value of a body as Terraform says it."""
        if isinstance(value, Ref):
            return Expression(self._ref(value))
        if isinstance(value, Derived):
            return self._guid(value)
        if isinstance(value, Mapping):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str, but: str = "") -> Value:
        """Text; where it begins with the id of a planned resource, that one is referred to."""
        for identity, key in self.ids:
            if key != but and f"{text}/".lower().startswith(f"{identity}/".lower()):
                rest = text[len(identity) :]
                said = Expression(f"{self._address(key)}.id")
                return Template((said, rest)) if rest else said
        return text

    def _address(self, key: str) -> str:
        resource = self._find(key)
        kind = (
            "azapi_update_resource"
            if isinstance(resource, Resource) and resource.updates
            else "azapi_resource"
        )
        return f"{kind}.{hcl.name(key)}"

    def _find(self, key: str) -> Resource | DirectoryObject | KeyPair | None:
        every: tuple[Resource | DirectoryObject | KeyPair, ...]
        every = (*self.plan.resources, *self.plan.directory, *self.plan.keys)
        return next((one for one in every if one.key == key), None)

    def _ref(self, ref: Ref) -> str:
        thing = self._find(ref.object)
        if isinstance(thing, Resource):
            return f"{self._address(thing.key)}.{'id' if ref.field == 'id' else f'output.{ref.field}'}"
        if isinstance(thing, DirectoryObject) and ref.field in _FIELDS:
            return f"{_address_of(thing)}.{_FIELDS[ref.field]}"
        name = hcl.name(f"{ref.object}_{ref.field}")
        label = f"{ref.field.replace('_', ' ')} of {thing.label if thing else ref.object}"
        try:
            known = resolve(ref, self.known)
        except Unknown:
            known = ""
        self.variables[name] = (f"The {clean_line(label)}.", known)
        return f"var.{name}"

    def _guid(self, name: Derived) -> Value:
        try:
            return resolve(name, self.told)
        except Unknown:
            parts: list[str | Expression] = []
            for part in name.parts:
                parts += ["|"] if parts else []
                parts.append(Expression(self._ref(part)) if isinstance(part, Ref) else part.lower())
            (text,) = hcl.inline(Template(tuple(parts)))
            return Expression(f'uuidv5("{NAMESPACE}", lower({text}))')

    # Things

    def _thing(self, thing: object) -> Iterator[Block]:
        if isinstance(thing, Resource):
            yield self._updated(thing) if thing.updates else self._resource(thing)
        elif isinstance(thing, DirectoryObject):
            yield from self._directory(thing)
        elif isinstance(thing, KeyPair) and thing.made_by == "here":
            self._ref(Ref(thing.key, "public_key"))

    def _resource(self, resource: Resource) -> Block:
        parent, name = self._place(resource)
        attributes: dict[str, Value] = {
            "type": f"{resource.type}@{resource.api_version}",
            "parent_id": parent,
            "name": name,
        }
        for key in ("location", "tags"):
            if key in resource.body:
                attributes[key] = self.value(resource.body[key])
        body = {key: self.value(inner) for key, inner in resource.body.items() if key not in _APART}
        if body:
            attributes["body"] = body
        self._add_ends(resource, attributes)
        identity = resource.body.get("identity")
        return block(
            "resource",
            "azapi_resource",
            hcl.name(resource.key),
            attributes=attributes,
            blocks=[self._identity(identity)] if isinstance(identity, Mapping) else [],
            comment=_comment(resource),
        )

    def _identity(self, identity: Mapping[str, Any]) -> Block:
        ids = [self._text(one) for one in identity.get("userAssignedIdentities", {})]
        attributes: dict[str, Value] = {"type": str(identity.get("type", ""))}
        return block("identity", attributes=attributes | ({"identity_ids": ids} if ids else {}))

    def _updated(self, resource: Resource) -> Block:
        attributes: dict[str, Value] = {
            "type": f"{resource.type}@{resource.api_version}",
            "resource_id": resource.id(self.told),
            "body": self.value(_kept_out(resource.body, resource.keeps)),
        }
        self._add_ends(resource, attributes)
        comment = f"{_comment(resource)} (it exists, and is changed)"
        key = hcl.name(resource.key)
        return block("resource", "azapi_update_resource", key, attributes=attributes, comment=comment)

    def _add_ends(self, resource: Resource, attributes: dict[str, Value]) -> None:
        if resource.reads:
            attributes["response_export_values"] = dict(resource.reads)
        # What an expression refers to is waited for by itself.
        said = " ".join(_codes(attributes))
        needs = needed(resource, self.plan, self.known)
        waits: list[Value] = []
        for key in sorted(needs):
            thing = self._find(key)
            address = self._address(key) if isinstance(thing, Resource) else ""
            address = _address_of(thing) if isinstance(thing, DirectoryObject) else address
            if address and f"{address}." not in said and not self._holds(key, needs):
                waits.append(Expression(address))
        if waits:
            attributes["depends_on"] = waits

    def _holds(self, key: str, needs: frozenset[str]) -> bool:
        """Whether another one that is waited for waits for this one already."""
        others = [one for one in self.plan.resources if one.key in needs and one.key != key]
        return any(key in needed(one, self.plan, self.known) for one in others)

    def _place(self, resource: Resource) -> tuple[Value, Value]:
        """Return the id of what a resource stands below, and its own name."""
        if isinstance(resource.name, Derived):
            return self._text(resource.stands_on, resource.key), self._guid(resource.name)
        *parents, name = resource.name.split("/")
        if not parents:
            return self._text(resource.stands_on, resource.key), name
        parent = resource.id(self.told).rsplit("/", 2)[0]
        return self._text(parent, resource.key), name

    def _directory(self, wanted: DirectoryObject) -> Iterator[Block]:
        sort = "data" if wanted.existing else "resource"
        kind = _KINDS[wanted.kind]
        if wanted.existing and wanted.kind not in _READ:
            return
        attributes = {key: value for key, value in self._fields(wanted) if value is not None}
        comment = f"Step {wanted.step}: {wanted.kind.value} {clean_line(wanted.label)}"
        if wanted.kind is DirectoryKind.PASSWORD:
            comment += "\nIts value is kept in Terraform's state: guard that like a password."
        yield block(sort, kind, hcl.name(wanted.key), attributes=attributes, comment=comment)

    def _fields(self, wanted: DirectoryObject) -> Iterator[tuple[str, Value]]:
        def own(name: str) -> Value:
            value = wanted.fields.get(name)
            return self.value(value) if value is not None else None

        if wanted.kind is DirectoryKind.APPLICATION:
            yield ("client_id", own("app_id")) if wanted.existing else ("display_name", own("display_name"))
        elif wanted.kind is DirectoryKind.SERVICE_PRINCIPAL:
            yield "client_id", own("app_id")
            if not wanted.existing:
                yield "use_existing", True
        else:
            application = self._find(wanted.fields["application"].object)  # type: ignore[union-attr]  # always a reference
            yield "application_id", Expression(f"{_address_of(application)}.id")  # type: ignore[arg-type]  # the same
            yield "display_name", own("name") or own("display_name")
            if wanted.kind is DirectoryKind.PASSWORD:
                yield "end_date_relative", f"{int(str(wanted.fields.get('months', 6))) * _HOURS_A_MONTH}h"
            else:
                yield "issuer", own("issuer")
                yield "subject", own("subject")
                yield "audiences", [own("audience")]


_KINDS = {
    DirectoryKind.APPLICATION: "azuread_application",
    DirectoryKind.SERVICE_PRINCIPAL: "azuread_service_principal",
    DirectoryKind.PASSWORD: "azuread_application_password",
    DirectoryKind.FEDERATED_CREDENTIAL: "azuread_application_federated_identity_credential",
}
_READ = frozenset({DirectoryKind.APPLICATION, DirectoryKind.SERVICE_PRINCIPAL})


def _codes(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _codes(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _codes(inner)
    elif isinstance(value, Template):
        yield from _codes(value.parts)
    elif isinstance(value, Expression):
        yield f"{value.code} "


def _address_of(wanted: DirectoryObject) -> str:
    return f"{'data.' if wanted.existing else ''}{_KINDS[wanted.kind]}.{hcl.name(wanted.key)}"


def _comment(resource: Resource) -> str:
    said = f"{kind(resource.type)} {clean_line(resource.label)}"
    return f"Step {resource.step}: {said}" if resource.step else said


def _kept_out(body: Mapping[str, Any], keeps: tuple[str, ...], head: str = "") -> dict[str, Any]:
    """The body without what shall stay as it stands in Azure."""
    return {
        key: _kept_out(value, keeps, f"{head}{key}.") if isinstance(value, Mapping) else value
        for key, value in body.items()
        if f"{head}{key}" not in keeps
    }

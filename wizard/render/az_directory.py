"""The az commands for objects of the directory: applications, principals, federations and client secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from wizard.plan import DirectoryKind, DirectoryObject, Ref
from wizard.render.az_types import QUIET
from wizard.render.az_words import Words, is_argument
from wizard.render.shell import Var, Word, command, here, jmespath, joined, word

_DAYS_A_MONTH = 30  # as apply counts them
TSV = ("--output", "tsv")
_STAMP = "+%Y-%m-%dT%H:%M:%SZ"


def made(wanted: DirectoryObject, words: Words) -> list[str]:
    """Return the lines that make a directory object unless it is there."""
    return look_up(wanted, words) if wanted.existing else _MAKING[wanted.kind](wanted, words)


def look_up(wanted: DirectoryObject, words: Words) -> list[str]:
    """Return the lines that find an object that is there, and fill its variables."""
    if wanted.kind is DirectoryKind.APPLICATION:
        noun = "az ad app show"
    elif wanted.kind is DirectoryKind.SERVICE_PRINCIPAL:
        noun = "az ad sp show"
    else:
        return []
    app = _field(wanted, "app_id", words)
    if app is None:
        return _set(
            words, wanted, "object_id", *_find_application(wanted, words), "--query", "[0].id", *TSV
        ) + _set(words, wanted, "app_id", *_find_application(wanted, words), "--query", "[0].appId", *TSV)
    return _set(words, wanted, "object_id", noun, "--id", app, "--query", "id", *TSV)


def _field(wanted: DirectoryObject, name: str, words: Words) -> Word | None:
    value = wanted.fields.get(name)
    if value is None:
        return None
    return words.word(value) if isinstance(value, (str, Ref)) else str(value)


def _text(wanted: DirectoryObject, name: str, words: Words) -> Word:
    return _field(wanted, name, words) or ""


def _set(words: Words, wanted: DirectoryObject, field: str, head: str, *rest: Word) -> list[str]:
    variable = words.variable(Ref(wanted.key, field))
    return command(f'{variable.name}="$({head}', *rest, tail=')"')


def _find_application(wanted: DirectoryObject, words: Words) -> tuple[str, str, Word]:
    unique = _text(wanted, "unique_name", words)
    said = str(unique).replace("'", "''")  # as OData wants it
    return "az ad app list", "--filter", f"uniqueName eq '{said}'"


def _application(wanted: DirectoryObject, words: Words) -> list[str]:
    """`az ad app create` can't give the unique name by which it is found again; Graph's upsert does both."""
    unique, name = (_text(wanted, field, words) for field in ("unique_name", "display_name"))
    file = joined(Var("folder"), f"/{wanted.key}.json")
    url = joined(Var("graph"), "v1.0/applications(uniqueName='", unique, "')")
    head = ("--headers", "Prefer=create-if-missing", "Content-Type=application/json")
    return [
        'graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"',
        'graph="${graph%/}/"',
        *here(file, {"displayName": name}),
        *command(
            "az rest --method patch",
            "--url",
            url,
            "--resource",
            Var("graph"),
            *head,
            "--body",
            joined("@", file),
            *QUIET,
        ),
        *look_up(wanted, words),
    ]


def _principal(wanted: DirectoryObject, words: Words) -> list[str]:
    app = _text(wanted, "app_id", words)
    lines = command("az ad sp show", "--id", app, *QUIET, tail=" 2>/dev/null ||")
    # The application may have been registered a moment ago; one of somebody else's is there or is not.
    verb = "patiently az ad sp create" if isinstance(wanted.fields["app_id"], Ref) else "az ad sp create"
    lines += command(verb, "--id", app, *QUIET, indent="  ")
    if wanted.fields.get("enabled"):
        lines += command(
            '[[ "$(az ad sp show', "--id", app, "--query", "accountEnabled", *TSV, tail=')" == true ]] ||'
        )
        lines += command("az ad sp update", "--id", app, "--set", "accountEnabled=true", indent="  ")
    return lines + look_up(wanted, words)


def _federation(wanted: DirectoryObject, words: Words) -> list[str]:
    app, issuer, subject = (_text(wanted, name, words) for name in ("application", "issuer", "subject"))
    file = joined(Var("folder"), f"/{wanted.key}.json")
    body = {
        "name": _text(wanted, "name", words),
        "issuer": issuer,
        "subject": subject,
        "audiences": [_text(wanted, "audience", words)],
    }
    query = joined("[?issuer==", jmespath(str(issuer)), " && subject==", jmespath(str(subject)), "].id")
    return [
        *command(
            '[[ -n "$(az ad app federated-credential list',
            "--id",
            app,
            "--query",
            query,
            *TSV,
            tail=')" ]] || {',
        ),
        *here(file, body),
        *command("az ad app federated-credential create", "--id", app, "--parameters", file, *QUIET),
        "}",
    ]


def _password(wanted: DirectoryObject, words: Words) -> list[str]:
    """A secret is told to a person who looks, once; it goes into no file and into no log."""
    app, name = (_text(wanted, field, words) for field in ("application", "display_name"))
    # A name that the CLI would misread is handed over in a file.
    file = joined(Var("folder"), f"/{wanted.key}.txt")
    odd = not is_argument(str(name))
    given = joined("@", file) if odd else name
    days = _DAYS_A_MONTH * int(str(_text(wanted, "months", words)))
    query = joined("[?displayName==", jmespath(str(name)), "].keyId")
    listed = command(
        'elif [[ -n "$(az ad app credential list', "--id", app, "--query", query, *TSV, tail=')" ]]; then'
    )
    reset = command(
        '  secret="$(az ad app credential reset',
        *(
            "--id",
            app,
            "--append",
            "--display-name",
            given,
            "--end-date",
            Var("end"),
            "--query",
            "password",
            *TSV,
        ),
        tail=')"',
    )
    return [
        "if [[ ! -t 1 ]]; then",
        "  echo 'Not on a terminal, where a client secret could be told: none was made.' >&2",
        *listed,
        f"  printf '%s\\n' {word(joined('There is a client secret of the name ', name, ': it stays.'))}",
        "else",
        *([f"  printf %s {word(name)} > {word(file)}"] if odd else []),
        f'  end="$(date -u -d "+{days} days" {_STAMP} 2>/dev/null || date -u -v+{days}d {_STAMP})"',
        *reset,
        "  printf '%s\\n%s\\n' 'The client secret, told once; put it into your secret store:' \"$secret\"",
        "fi",
    ]


_MAKING: Mapping[DirectoryKind, Callable[[DirectoryObject, Words], list[str]]] = MappingProxyType(
    {
        DirectoryKind.APPLICATION: _application,
        DirectoryKind.SERVICE_PRINCIPAL: _principal,
        DirectoryKind.FEDERATED_CREDENTIAL: _federation,
        DirectoryKind.PASSWORD: _password,
    }
)

"""Clouds registered by hand on this machine, such as an Azure Stack: a profile may name one, and never bring one along."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from profiles.document import lines_of, parse, read_text
from profiles.errors import Fault, ProfileError
from profiles.files import atomic_write, locked, remove_leftovers
from profiles.locations import config_folder, config_home
from wizard.azure.clouds import ALIASES, CLOUDS, Cloud, authority

PRACTICE = "practice"
SCHEMA = 1
_FILE = "clouds.toml"
_MOST = 50
_LONGEST = 300
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_LABEL = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,60}")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# Where a token for one of these is worth something: in Microsoft's own clouds.
_MICROSOFTS = tuple(
    f".{domain}"
    for domain in (
        "azure.com", "windows.net", "microsoft.com", "microsoftonline.com", "usgovcloudapi.net", "azure.us",
        "microsoft.us", "microsoftonline.us", "chinacloudapi.cn", "azure.cn", "microsoftonline.cn",
    )
)  # fmt: skip
_ENDPOINTS = ("arm", "login", "graph")
_PAGES = ("portal", "studio")
_AUDIENCES = {"arm_audience": "arm", "graph_audience": "graph"}
_NEEDED = ("name", *_ENDPOINTS, "storage_suffix")
_KEYS = (*_NEEDED, "label", *_PAGES, *_AUDIENCES, "az_name", "ca")


@dataclass(frozen=True, slots=True)
class Registration:
    """One cloud as its file describes it: the keys of the file, checked."""

    values: Mapping[str, str]

    @property
    def name(self) -> str:
        """What profiles and ``--cloud`` call it."""
        return self.values["name"]

    def cloud(self) -> Cloud:
        """The cloud that it describes. Tokens and secrets go to its own three hosts and nowhere else."""
        given = self.values
        built_in = {authority(cloud.login) for cloud in CLOUDS.values()}
        return Cloud(
            name=self.name,
            label=given.get("label", self.name),
            arm=given["arm"],
            login=given["login"],
            graph=given["graph"],
            portal=given.get("portal", given["arm"]),
            studio=given.get("studio", given.get("portal", given["arm"])),
            storage_suffix=given["storage_suffix"],
            arm_audience=given.get("arm_audience", f"{given['arm']}/.default"),
            graph_audience=given.get("graph_audience", f"{given['graph']}/.default"),
            az_name=given.get("az_name", self.name),
            ca=Path(given["ca"]) if "ca" in given else None,
            # Microsoft's directory of authorities knows its own alone.
            instance_discovery=authority(given["login"]) in built_in,
            option=f"--cloud {self.name}",
        )


def registered() -> tuple[Registration, ...]:
    """The clouds of this machine, in the order of their registration.

    Raises:
        ProfileError: the list was damaged, or others may write it; no cloud of it is used then.
    """
    path = Path(config_home()) / _FILE
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        what = (
            "others could have written it, so no cloud of it is used; it must be a file of yours, mode 0600"
        )
        raise ProfileError([Fault(_FILE, None, "", what)])
    return _listed(read_text(path))


def custom_cloud(name: str) -> Cloud | None:
    """Find a registered cloud; case does not matter. None where there is none. Raises ProfileError as `registered`."""
    wanted = name.strip().lower()
    return next((one.cloud() for one in registered() if one.name.lower() == wanted), None)


def read_registration(path: str | os.PathLike[str]) -> Registration:
    """Read a file that describes one cloud. Nothing is registered by it.

    Raises:
        ProfileError: everything that is wrong with it, each with its line and key.
    """
    file = os.path.basename(path)  # noqa: PTH119 - any path-like
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can be called so"
        raise ProfileError([Fault(file[:200], None, "", f"can't be read: {why}")]) from None
    lines = {path[0]: line for path, line in lines_of(text).items() if len(path) == 1}
    return _checked(parse(text, file), file, lines)


def register(new: Registration) -> None:
    """Add a cloud to those of this machine. Whether to trust its hosts is for the person to have said.

    Raises:
        ProfileError: one of its name is there already, or the list is damaged.
        OSError, FolderError: it can't be written.
    """
    with locked(config_folder() / f".{_FILE}.lock", "The list of clouds", wait=10.0):
        before = registered()
        if any(one.name.lower() == new.name.lower() for one in before):
            what = f"there is a cloud {new.name} already; azimuth clouds remove {new.name} takes it out"
            raise ProfileError([Fault(_FILE, None, "name", what)])
        if len(before) >= _MOST:
            raise ProfileError([Fault(_FILE, None, "", f"it holds {_MOST} clouds already")])
        _write((*before, new))


def unregister(name: str) -> bool:
    """Take a cloud out; whether there was one. Raises as `register`."""
    with locked(config_folder() / f".{_FILE}.lock", "The list of clouds", wait=10.0):
        before = registered()
        left = tuple(one for one in before if one.name.lower() != name.strip().lower())
        if len(left) == len(before):
            return False
        _write(left)
    return True


def _write(clouds: tuple[Registration, ...]) -> None:
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment("Clouds registered by hand on this machine: azimuth clouds lists and changes them.")
    )
    document.add("schema", SCHEMA)
    tables = tomlkit.aot()
    for one in clouds:
        table = tomlkit.table()
        table.update(one.values)
        tables.append(table)
    if clouds:
        document.add("clouds", tables)
    path = config_folder() / _FILE
    remove_leftovers(path)
    atomic_write(path, tomlkit.dumps(document))


def _listed(text: str) -> tuple[Registration, ...]:
    values = parse(text, _FILE)
    clouds = values.pop("clouds", [])
    known = type(schema := values.pop("schema", None)) is int and schema == SCHEMA
    if (
        not known
        or values
        or not isinstance(clouds, list)
        or not all(isinstance(one, dict) for one in clouds)
    ):
        what = f"must hold schema = {SCHEMA} and [[clouds]] tables alone, as azimuth clouds writes them"
        raise ProfileError([Fault(_FILE, None, "", what)])
    lines = lines_of(text)
    listed = []
    for number, one in enumerate(clouds):
        mine = {
            path[2]: line
            for path, line in lines.items()
            if path[:2] == ("clouds", number) and len(path) > 2  # noqa: PLR2004 - "clouds", its number, the key
        }
        listed.append(_checked(one, _FILE, mine))
    return tuple(listed)


def _checked(values: Mapping[str, Any], file: str, lines: Mapping[Any, int]) -> Registration:
    """Check the keys of one cloud. Raises ProfileError with all faults."""
    faults = [
        Fault(file, lines.get(key), key[:100], what)
        for key, what in (*_shape_faults(values), *_rule_faults(values))
    ]
    if faults:
        raise ProfileError(faults)
    return Registration(
        {key: value.rstrip("/") if key in _ENDPOINTS else value for key, value in values.items()}
    )


def _shape_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if key not in _KEYS:
            yield key, f"is not known here; a cloud has {', '.join(_KEYS)}"
        elif type(value) is not str or not 0 < len(value) <= _LONGEST:
            yield key, f"must be a text of at most {_LONGEST} signs"
    for key in _NEEDED:
        if key not in values:
            yield key, "is missing"


def _rule_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    texts = {key: value for key, value in values.items() if type(value) is str and 0 < len(value) <= _LONGEST}
    for key, rule in _RULES.items():
        if key in texts and (fault := rule(texts[key])):
            yield key, fault
    for key, endpoint in _AUDIENCES.items():
        if key in texts and endpoint in texts and (fault := _audience_fault(texts[key], texts[endpoint])):
            yield key, fault


def _name_fault(name: str) -> str:
    if not _NAME.fullmatch(name):
        return "must be 1 to 40 letters, digits or hyphens, the first a letter"
    taken = {PRACTICE, *ALIASES, *(cloud.name.lower() for cloud in CLOUDS.values())}
    return f"{name!r} is a cloud that Azimuth brings along" if name.lower() in taken else ""


def _endpoint_fault(url: str) -> str:
    """Say what keeps a text from being the plain https address of one host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if parts.scheme != "https":
        return "must begin with https://"
    if parts.username is not None or parts.password is not None or "\\" in url or not url.isprintable():
        return "must be https://HOST or https://HOST:PORT, without a user or odd signs"
    if parts.path not in ("", "/") or parts.query or parts.fragment or url.rstrip("/")[-1:] in {"?", "#"}:
        return "must be https://HOST or https://HOST:PORT, without a path"
    if (
        url.rstrip("/") != f"https://{parts.netloc}"
        or url != url.lower()
        or not (_HOST.fullmatch(host) or _is_address(host))
    ):
        return "must name one host, in small letters: https://management.example.com"
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _audience_fault(audience: str, endpoint: str) -> str:
    """Refuse a token of one of Microsoft's clouds for somebody else's host: that host could use it there."""
    host = authority(audience.removesuffix(".default"))
    if not host or not audience.endswith("/.default"):
        return "must be https://…/.default"
    there = authority(endpoint)
    known = next((cloud for cloud in CLOUDS.values() if host in cloud.hosts()), None)
    if known is not None and there in known.hosts():
        return ""
    if known is not None or f".{host}".endswith(_MICROSOFTS):
        return f"asks for tokens of Microsoft's cloud, which must not go to {there or 'this host'}"
    return ""


def _page_fault(url: str) -> str:
    return "" if authority(url) and url.isprintable() else "must be an https:// address"


def _suffix_fault(text: str) -> str:
    return "" if _HOST.fullmatch(text) else "must be a domain in small letters, such as core.example.com"


def _label_fault(text: str) -> str:
    return "" if _LABEL.fullmatch(text) and text.isprintable() else "must be 1 to 60 plain signs"


def _ca_fault(text: str) -> str:
    path = Path(text)
    return (
        "" if path.is_absolute() and path.is_file() else "must be the full path of a file with certificates"
    )


_RULES = {
    "name": _name_fault,
    "label": _label_fault,
    **dict.fromkeys(_ENDPOINTS, _endpoint_fault),
    **dict.fromkeys(_PAGES, _page_fault),
    "storage_suffix": _suffix_fault,
    "az_name": _label_fault,
    "ca": _ca_fault,
}

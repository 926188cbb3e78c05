"""What a person settled once for this machine: the few keys of config.toml, read strictly, each fault with its line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from profiles.errors import Fault, ProfileError, ProfilesError
from profiles.locations import config_home

if TYPE_CHECKING:
    from collections.abc import Sequence

Setting = str | bool

_LARGEST = 64 * 1024
_LONGEST_NAME = 64
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: what it settles, what counts without it, the values it takes, and what goes before it."""

    name: str
    default: Setting
    about: str
    before: str
    values: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """Which values it takes."""
        if isinstance(self.default, bool):
            return "true or false"
        return f"one of {', '.join(self.values)}" if self.values else "the name of a cloud, in quotes"


KEYS: tuple[Key, ...] = (
    Key("cloud", "", "the cloud that commands and screens use", "--cloud, --practice, AZIMUTH_CLOUD"),
    Key(
        "secret_store",
        "",
        "where new secrets are kept",
        "--secret-store, AZIMUTH_SECRET_STORE",
        ("best", "keyring", "vault", "once"),
    ),
    Key("log", False, "whether a log is written, without secrets", "--log, AZIMUTH_LOG"),  # noqa: FBT003 - the key's default
    Key("colour", True, "whether commands use colours", "--no-color, NO_COLOR"),  # noqa: FBT003 - as above
    Key("plain", False, "whether line prompts come in place of the full screen", "--plain"),  # noqa: FBT003 - as above
)


class SettingsError(ProfilesError):
    """The file config.toml can't be used; `faults` lists all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        told = "\n".join(str(fault) for fault in self.faults)
        super().__init__(f"{told}\nNothing was guessed. azimuth config path names the file; mend it there.")


def settings_path() -> str:
    """Name of the file, which need not be there; its folder is not made."""
    return os.path.join(config_home(), "config.toml")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms


def setting(name: str) -> Setting:
    """What was settled for a key, else what counts without it.

    Raises SettingsError for a file that can't be used, KeyError for a name that is no key of it.
    """
    return all_settings()[name]


def all_settings() -> dict[str, Setting]:
    """Every key with what counts for it: settled in the file, or by default. Raises SettingsError."""
    return {key.name: key.default for key in KEYS} | settled()


def settled() -> dict[str, Setting]:
    """What the file itself says. Raises SettingsError with every fault."""
    text = _text()
    return _checked(text) if text else {}


def settle(name: str, typed: str | None) -> None:
    """Write one key into the file, or take it out with None; comments stay, and a crash leaves the old file or the new.

    Raises SettingsError for a wrong name or value, or when the file can't be used as it is; OSError, FolderError,
    LockedError.
    """
    import tomlkit

    from profiles.files import atomic_write, locked, remove_leftovers
    from profiles.locations import config_folder

    value = None if typed is None else parsed(name, typed)
    path = config_folder() / "config.toml"
    with locked(path.with_suffix(".lock"), "The file config.toml", wait=_WAIT):
        before = _text()
        _checked(before)
        document = tomlkit.parse(before) if before else _new_document()
        if value is None:
            document.pop(_key(name).name, None)
        else:
            document[name] = value
        text = tomlkit.dumps(document)
        _checked(text)
        remove_leftovers(path)
        atomic_write(path, text)


def parsed(name: str, typed: str) -> Setting:
    """The value that a word typed for a key means. Raises SettingsError."""
    key = _key(name)
    if not isinstance(key.default, bool):
        value: Setting = typed
    elif typed.lower() in _YES | _NO:
        value = typed.lower() in _YES
    else:
        value = typed
    fault = _fault(key, value)
    if fault:
        raise SettingsError([Fault("config.toml", None, name, fault)])
    return value


def _key(name: str) -> Key:
    for key in KEYS:
        if key.name == name:
            return key
    raise SettingsError([Fault("config.toml", None, name[:80], _unknown(name))])


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    known = [key.name for key in KEYS]
    near = get_close_matches(name, known, 1)
    return (
        f"there is no such key; did you mean {near[0]}?"
        if near
        else f"no such key; there are {', '.join(known)}"
    )


def _text() -> str:
    from profiles.files import read_capped

    path = settings_path()
    try:
        return read_capped(path, _LARGEST).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError(
            [Fault("config.toml", None, "", f"it is not UTF-8 (byte {error.start})")]
        ) from None
    except ValueError as error:
        raise SettingsError([Fault("config.toml", None, "", str(error))]) from None
    except OSError as error:
        raise SettingsError([Fault(path, None, "", f"it can't be read: {error.strerror or error}")]) from None


def _checked(text: str) -> dict[str, Setting]:
    from profiles.document import lines_of, parse

    try:
        values: dict[str, Any] = parse(text, "config.toml")
    except ProfileError as error:
        raise SettingsError(error.faults) from None
    lines = lines_of(text)
    faults = []
    known = {key.name: key for key in KEYS}
    for name, value in values.items():
        fault = _fault(known[name], value) if name in known else _unknown(name)
        if fault:
            faults.append(Fault("config.toml", lines.get((name,)), name[:80], fault))
    if faults:
        raise SettingsError(faults)
    return values


def _fault(key: Key, value: object) -> str:
    """What is wrong with a value; "" when nothing is."""
    if isinstance(key.default, bool):
        return "" if isinstance(value, bool) else f"it has to be {key.rule}"
    if not isinstance(value, str):
        return f"it has to be {key.rule}"
    if key.values:
        return "" if value in key.values else f"it has to be {key.rule}"
    plain = value.replace("-", "").replace("_", "").replace(".", "")
    named = plain.isascii() and plain.isalnum() and len(value) <= _LONGEST_NAME
    return "" if named else "it has to be the name of a cloud, never an address"


def _new_document() -> Any:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("Settings of Azimuth on this machine. azimuth config lists the keys."))
    document.add(tomlkit.nl())
    return document

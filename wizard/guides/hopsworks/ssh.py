"""Document step 3: the SSH key in the group, made on this machine, by Azure, uploaded, or one that is there."""

from __future__ import annotations

from wizard.answers import Answers, Value
from wizard.azure.storage import COMPUTE_API, SSH_KEY
from wizard.checks import proving_storage
from wizard.checks import ssh_keys as checks
from wizard.guide import Choice, Kind, Question, Step
from wizard.guides.hopsworks.where import classic_or_managed, group_id, location, within
from wizard.plan import Kept, KeyPair, Output, Proof, Ref, Resource, Share
from wizard.shapes import length, matches, printable

_GENERATE = f"{SSH_KEY}/generateKeyPair/action"
_HERE, _AZURE, _UPLOAD, _EXISTING = "here", "azure", "upload", "existing"


def makes_pair(answers: Answers) -> bool:
    """Whether a new pair is made, so that a private half has to be kept."""
    return answers.text("ssh_source") in {_HERE, _AZURE}


def _uploads(answers: Answers) -> bool:
    return answers.text("ssh_source") == _UPLOAD


def _default_path(answers: Answers) -> Value | None:
    name = answers.text("ssh_key_name")
    return f"~/.ssh/{name}.pem" if name else None


STEPS: tuple[Step, ...] = (
    Step(
        "3",
        "SSH key",
        "Clusters are made with an SSH key of your group, for you to sign in to their machines. Its private half "
        "stays with you: it is written to one file that only you can read, and shown nowhere.",
        (
            Question(
                "ssh_source",
                "The key is",
                Kind.CHOICE,
                rule="One of four ways; on this machine is the safest.",
                default=_HERE,
                choices=(
                    Choice(
                        _HERE,
                        "made on this machine",
                        "Only the public half leaves it.",
                        aliases=("generate",),
                    ),
                    Choice(_AZURE, "made by Azure", "The private half travels here, once."),
                    Choice(_UPLOAD, "uploaded: I have a pair", "Its public half is put into the group."),
                    Choice(_EXISTING, "one that is there", "Picked from the keys of the group."),
                ),
            ),
            Question(
                "ssh_key_name",
                "Name",
                Kind.PICK,
                rule="1 to 80 letters, digits, _ . and -; begins with a letter or digit.",
                default="hopsworksKey",
                offers=checks.offer_keys,
                shape=(
                    length(1, 80),
                    matches(
                        r"[A-Za-z0-9][A-Za-z0-9_.-]*",
                        "Only letters, digits, _ . and - are allowed, beginning with a letter or digit.",
                    ),
                ),
                checks=(checks.key_name,),
                columns=("Kind", "Region"),
                takes_own=True,
            ),
            Question(
                "ssh_type",
                "Kind of key",
                Kind.CHOICE,
                rule="Hopsworks is only known to work with RSA.",
                default="RSA",
                choices=(
                    Choice("RSA", "RSA, 3072 bits"),
                    Choice("Ed25519", "Ed25519", "Shorter and newer."),
                ),
                checks=(checks.known_type,),
                wanted=makes_pair,
            ),
            Question(
                "private_key_path",
                "Private half goes to",
                rule="A file that is not there yet, in a folder where you may write.",
                default=_default_path,
                shape=(length(1, 1000), printable),
                checks=(checks.private_key_path,),
                wanted=makes_pair,
            ),
            Question(
                "ssh_public_key",
                "Public key, or its file",
                Kind.LINES,
                rule="One line that begins with ssh-rsa or ssh-ed25519: the .pub half of a pair.",
                default="~/.ssh/id_rsa.pub",
                shape=(checks.public_key_shape,),
                checks=(checks.public_key,),
                wanted=_uploads,
            ),
        ),
        makes="an SSH key",
        more="A pair made by Azure is shown once; a second generateKeyPair on the same key is refused, and whoever "
        "loses the private half has to make another key. That is why the private half is written and read back "
        "before anything else. (The caption “Add to resource group” of the document's figure is a slip.)",
        wanted=classic_or_managed,
    ),
)


def key_id(answers: Answers) -> str:
    """The ARM id of the SSH key; empty until group and name are known."""
    name = answers.text("ssh_key_name")
    return within(answers, SSH_KEY, name) if name and group_id(answers) else ""


def share(answers: Answers) -> Share:
    """Return what step 3 adds to the plan; nothing until the group is known, or on the Helm road."""
    if not classic_or_managed(answers) or not key_id(answers):
        return Share()
    name, step = answers.text("ssh_key_name"), "3"
    kept = answers.text("ssh_source") == _EXISTING or bool(answers.get("ssh_key_kept"))
    resources, pairs = ((), ()) if kept else (_resource(answers), _pair(answers))
    outputs = [Output("HOPSWORKS_SSH_KEY", name)]
    if makes_pair(answers):
        outputs.append(Output("HOPSWORKS_SSH_KEY_FILE", answers.text("private_key_path")))
    arguments = {"ssh_key": key_id(answers)}
    if makes_pair(answers):
        arguments["path"] = answers.text("private_key_path")
    title = (
        "the SSH key is whole, and the private half fits" if makes_pair(answers) else "the SSH key is whole"
    )
    return Share(
        resources=resources,
        keys=pairs,
        kept=(Kept(f"SSH key {name}", key_id(answers), "as it is", step=step),) if kept else (),
        outputs=tuple(outputs),
        proofs=(Proof("ssh_key", title, proving_storage.ssh_key_stands, arguments),),
        providers=("Microsoft.Compute",),
    )


def _resource(answers: Answers) -> tuple[Resource, ...]:
    body: dict[str, object] = {"location": location(answers)}
    source, name = answers.text("ssh_source"), answers.text("ssh_key_name")
    if source == _HERE:
        body["properties"] = {"publicKey": Ref("ssh_pair", "public_key")}
    elif source == _AZURE and answers.text("ssh_key_there"):
        # Deployed without it, a key that Azure made would lose its public half.
        body["properties"] = {"publicKey": answers.text("ssh_key_there")}
    elif source == _UPLOAD:
        text = answers.text("ssh_public_key")
        if checks.is_path(text):
            return ()  # the file has not been read yet
        body["properties"] = {"publicKey": text}
    return (
        Resource(
            key="ssh_key",
            type=SSH_KEY,
            api_version=COMPUTE_API,
            name=name,
            deploy_at=group_id(answers),
            label=name,
            body=body,
            detail={_HERE: "made on this machine", _AZURE: "made by Azure"}.get(source, "uploaded"),
            step="3",
            actions=(_GENERATE,) if source == _AZURE else (),
        ),
    )


def _pair(answers: Answers) -> tuple[KeyPair, ...]:
    if not makes_pair(answers):
        return ()
    return (
        KeyPair(
            key="ssh_pair",
            label=answers.text("ssh_key_name"),
            path=answers.text("private_key_path"),
            algorithm=answers.text("ssh_type"),
            made_by=answers.text("ssh_source"),
            resource="ssh_key",
            step="3",
        ),
    )

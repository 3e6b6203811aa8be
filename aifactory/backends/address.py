"""Addresses of backends and of keys, as Pulumi takes them, in their parts; what others could read on its way is refused."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aifactory.errors import Problem
from aifactory.model import LOCAL_BACKEND


class BackendKind(StrEnum):
    """What keeps the state."""

    LOCAL = "local"
    FILE = "file"
    S3 = "s3"
    AZURE = "azblob"
    GOOGLE = "gs"
    POSTGRES = "postgres"
    SERVICE = "https"


class KeyKind(StrEnum):
    """Who encrypts the secrets in the state."""

    PASSPHRASE = "passphrase"  # noqa: S105 -- the word, not one
    SERVICE = "default"
    AWS = "awskms"
    AZURE = "azurekeyvault"
    GOOGLE = "gcpkms"
    VAULT = "hashivault"


@dataclass(frozen=True, slots=True)
class Address:
    """A backend.

    Attributes:
        url: as it is written in factory.yaml.
        kind: what keeps the state.
        name: bucket, container, path of a directory, or host of a database or service, with its port.
        path: what stands behind it: the prefix in a bucket, or the database.
        query: its options.
    """

    url: str
    kind: BackendKind
    name: str
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class SecretsProvider:
    """Who encrypts secrets.

    Attributes:
        url: as it is written in factory.yaml.
        kind: whose service it is.
        key: the key there, such as ``alias/state``, ``state.vault.azure.net/keys/state`` or ``state``; empty for none.
        query: its options.
    """

    url: str
    kind: KeyKind
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def region(self) -> str:
        """The AWS region of a key: its option, or a part of its ARN; empty when neither says it."""
        arn = self.key.split(":")
        in_arn = arn[3] if arn[0] == "arn" and len(arn) > 3 else ""
        return self.query.get("region", "") or in_arn


def address_of(url: str) -> Address:
    """Return the parts of a backend's address.

    Args:
        url: as `StateSpec.backend` has it.
    """
    if url == LOCAL_BACKEND:
        return Address(url, BackendKind.LOCAL, "")
    scheme, _, rest = url.partition("://")
    if scheme == "file":
        # A path may hold anything, and ~ is no host.
        path, _, query = rest.partition("?")
        return Address(url, BackendKind.FILE, path, query=dict(parse_qsl(query)))
    parts = urlsplit(url)
    return Address(url, BackendKind(scheme), parts.netloc, parts.path.strip("/"), dict(parse_qsl(parts.query)))


def provider_of(url: str) -> SecretsProvider:
    """Return the parts of a secrets provider.

    Args:
        url: as `StateSpec.secrets_provider` has it.
    """
    scheme, _, rest = url.partition("://")
    key, _, query = rest.partition("?")
    # awskms:///arn:... is how the key of an ARN is written, and awskms://arn:... is taken too.
    return SecretsProvider(url, KeyKind(scheme), key.strip("/"), dict(parse_qsl(query)))


_INSECURE: Final = {
    "disableSSL": ("true", "1"),
    "disable_https": ("true", "1"),
    "protocol": ("http",),
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca"),
}
"""Options that leave out encryption on the way, or the proof of who answers (gocloud.dev, lib/pq)."""

_NAMES: Final = {
    BackendKind.S3: (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "a bucket's name: 3 to 63 lower-case letters, digits, - and ."),
    BackendKind.AZURE: (r"[a-z0-9](-?[a-z0-9]){2,62}", "a container's name: 3 to 63 lower-case letters, digits and -"),
    BackendKind.GOOGLE: (
        r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]",
        "a bucket's name: 3 to 63 lower-case letters, digits, -, _ and .",
    ),
    BackendKind.POSTGRES: (
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?",
        "a host, with its port if it has another than 5432",
    ),
}

_KEYS: Final = {
    KeyKind.AWS: (r"[A-Za-z0-9:/_-]+", "a key's ID, ARN or alias/NAME"),
    KeyKind.AZURE: (
        r"[a-z0-9-]+(\.[a-z0-9-]+)+/keys/[A-Za-z0-9-]+(/[0-9a-f]{32})?",
        "HOST/keys/NAME, as the vault's address has it",
    ),
    KeyKind.GOOGLE: (
        r"projects/[a-z0-9:.-]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]+/cryptoKeys/[A-Za-z0-9_-]+",
        "projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/NAME",
    ),
    KeyKind.VAULT: (r"[A-Za-z0-9_.-]+", "the name of a key of Vault's transit engine"),
}


def address_problems(address: Address) -> Iterator[Problem]:
    """Yield what keeps a backend from being used safely.

    Args:
        address: the backend.
    """
    if "@" in address.url.partition("?")[0] and address.kind is not BackendKind.FILE:
        # Not repeated: what stands before an @ may be a password.
        yield Problem("state.backend", "", "holds a user or a password, which belong into the environment", "no @ in it")
        return
    rule = _NAMES.get(address.kind)
    if rule and not re.fullmatch(rule[0], address.name):
        yield Problem("state.backend", address.name, f"must be {rule[1]}")
    if address.kind is BackendKind.POSTGRES and not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", address.path):
        yield Problem(
            "state.backend", address.path, "must end with the database's name in lower case", "postgres://HOST/state"
        )
    if address.kind is BackendKind.POSTGRES and "sslmode" not in address.query:
        rule_of_tls = "does not say that whoever answers must prove who it is"
        yield Problem("state.backend", "", rule_of_tls, "sslmode=verify-full behind a ?")
    for option, values in _INSECURE.items():
        if address.query.get(option, "").lower() in values:
            what = f"{option}={address.query[option]}"
            yield Problem(
                "state.backend",
                what,
                "lets others read or change the state on its way",
                f"no {option}" if option != "sslmode" else "sslmode=verify-full",
            )
    if address.query.get("endpoint", "").lower().startswith("http://"):
        yield Problem("state.backend", "endpoint=http://...", "lets others read or change the state on its way", "https://")


def provider_problems(provider: SecretsProvider) -> Iterator[Problem]:
    """Yield what keeps a secrets provider from being used.

    Args:
        provider: who encrypts secrets.
    """
    rule = _KEYS.get(provider.kind)
    if rule and not re.fullmatch(rule[0], provider.key):
        yield Problem("state.secrets_provider", provider.key, f"must name {rule[1]}")

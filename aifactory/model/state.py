"""Where a region's Pulumi state lives, and who holds the key to the secrets in it."""

import re
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from aifactory.model.base import CountryCode, ShortDnsLabel, Spec

LOCAL_BACKEND: Final = "local"
"""The backend of a local region: a directory in the user's cache that `aifactory local` keeps."""

_BACKENDS = re.compile(r"^(local|(file|s3|azblob|gs|https|postgres)://[^\s]*)$")
_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")
_PROVIDERS = re.compile(r"^(passphrase|default|(awskms|azurekeyvault|gcpkms|hashivault)://[^\s]+)$")


class StateSpec(Spec):
    """A state file holds every output and every secret of its region, so where it lies is a flow like any other."""

    backend: Annotated[str, Field(pattern=_BACKENDS)]
    """Pulumi backend: ``local`` for a local region; else ``s3://BUCKET``, ``azblob://CONTAINER``, ``gs://BUCKET``,
    ``postgres://HOST/DATABASE``, ``file://PATH``, or ``https://`` of a Pulumi service
    (pulumi.com/docs/iac/concepts/state-and-backends). Without credentials."""

    secrets_provider: Annotated[str, Field(pattern=_PROVIDERS)]
    """Who encrypts the secrets in the state: ``passphrase``, ``awskms://``, ``azurekeyvault://``, ``gcpkms://`` or
    ``hashivault://`` with the key's name, or ``default`` (a Pulumi service does; only with ``https://``)."""

    country: CountryCode | None = None
    """Country in which the backend keeps it. None: where the region is for ``local`` and ``file://``; else nobody said."""

    operator: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Who runs the backend. None: the region's own for ``local`` and ``file://``; else nobody said."""

    key: ShortDnsLabel | None = None
    """Key of the region that `secrets_provider` stands for. None: a passphrase is the owner's own, and what it
    encrypts no backend can read; else nobody said."""

    @property
    def stays(self) -> bool:
        """Whether the state lies where Pulumi runs, and with nobody else."""
        return self.backend == LOCAL_BACKEND or self.backend.startswith("file://")

    @field_validator("backend")
    @classmethod
    def _backend_holds_no_password(cls, value: str) -> str:
        if _PASSWORD.search(value):
            raise ValueError(
                "holds a password, and lies in git; give it by the environment (PGUSER and PGPASSWORD for Postgres)"
            )
        return value

    @model_validator(mode="after")
    def _service_key_goes_with_service(self) -> Self:
        if self.secrets_provider == "default" and not self.backend.startswith("https://"):
            raise ValueError(
                f"secrets_provider default is a Pulumi service's own, and backend {self.backend} is none; "
                "use passphrase or a key of your own"
            )
        return self

"""One resource of a stack, as the rules need it: its type, its properties, its provider's, and what it depends on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_VERSION: Final = re.compile(r"/v\d+[a-z0-9]*(?=:)")
"""Version of an Azure API inside of a type: ``azure-native:storage/v20240101:StorageAccount``."""

PROVIDER: Final = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource; its properties may hold secrets in clear, so nothing but what the tables name is ever shown of them.

    Attributes:
        type: Pulumi's type of it.
        name: its name in the program.
        urn: its identity.
        properties: plain, as `values.plain` makes them.
        provider: properties of its provider, plain; empty when it has none, or nobody told.
        links: property to the resources that its value comes from; known only when the whole stack is.
    """

    type: str
    name: str
    urn: str
    properties: Mapping[str, Any]
    provider: Mapping[str, Any] = field(default_factory=dict[str, Any])
    links: "Mapping[str, tuple[Resource, ...]]" = field(default_factory=dict[str, "tuple[Resource, ...]"])

    @property
    def kind(self) -> str:
        """Type as the tables have it: without the version of an Azure API."""
        return _VERSION.sub("", self.type)

    @property
    def package(self) -> str:
        """Package of its provider: ``aws``; that which it provides when it is itself a provider."""
        return self.type.removeprefix(PROVIDER).partition(":")[0]

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider."""
        return self.type.startswith(PROVIDER)

    @property
    def stack(self) -> str:
        """Name of its stack."""
        return stack_of(self.urn)


def stack_of(urn: str) -> str:
    """Return the name of the stack in a URN: ``urn:pulumi:<stack>::<project>::<type>::<name>``."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]

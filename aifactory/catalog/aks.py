"""What is known of Azure Kubernetes Service: identifiers that are the same everywhere, and GPU sizes."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Final

from pydantic import Field

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import data

Guid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""An identifier as Azure and Entra write them."""

EXCHANGE_AUDIENCE: Final = "api://AzureADTokenExchange"
"""Whom a service account's token is for when Entra exchanges it (Entra documentation, workload identity federation)."""


class AzureRole(Fact):
    """A built-in role of Azure.

    Attributes:
        id: its identifier, the same in every subscription.
        title: its name for people.
        source: where these were read.
    """

    id: Guid
    title: str
    source: Source


class AzureApplication(Fact):
    """An application that Microsoft runs in every tenant.

    Attributes:
        id: its identifier, the same in every tenant.
        source: where it was read.
    """

    id: Guid
    source: Source


class GpuSize(Fact):
    """A size of virtual machine with GPUs.

    Attributes:
        accelerator: key of the accelerator in the catalog.
        gpus: GPUs of each machine.
        source: where these were read.
    """

    accelerator: str
    gpus: Annotated[int, Field(ge=1, le=16)]
    source: Source


class AksFacts(Fact):
    """All of it.

    Attributes:
        server_application: the application that tokens for the Kubernetes API are issued for.
        roles: built-in roles by our name of them.
        sizes: GPU sizes by Azure's name; a size that nobody read is not there.
    """

    server_application: AzureApplication
    roles: Mapping[str, AzureRole]
    sizes: Mapping[str, GpuSize]


@cache
def aks() -> AksFacts:
    """Return what is known of Azure Kubernetes Service."""
    return AksFacts.model_validate(data("aks.yaml"))

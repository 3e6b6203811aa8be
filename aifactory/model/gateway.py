"""The gateway that models are reached through."""

from typing import Annotated

from pydantic import Field

from aifactory.model.base import DnsLabel, Spec


class GatewaySpec(Spec):
    """How the endpoints of a region's models are served: by TLS, and inside the region's network unless said otherwise."""

    class_name: DnsLabel
    """GatewayClass of the cluster, such as ``istio``."""

    issuer: DnsLabel
    """cert-manager ClusterIssuer that signs the endpoints' certificates: your own CA, inside the region."""

    domain: Annotated[
        str,
        Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$", max_length=180),
    ]
    """Domain of the endpoints; a model answers at ``https://<model>.<namespace>.<domain>``."""

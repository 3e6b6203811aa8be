"""Names and ports of a served model's objects, in one place, since each refers to the others."""

from dataclasses import dataclass

from aifactory import conventions

MODEL_LABEL = f"{conventions.GROUP}/model"
"""Label by which pool, policies and monitors find the replicas of a model."""

ROLE_LABEL = f"{conventions.GROUP}/role"
"""Label that tells a model's replicas from its endpoint picker."""

SERVING_PORT = 8000
"""vLLM's default port."""

PICKER_PORT = 9002
PICKER_HEALTH_PORT = 9003
PICKER_METRICS_PORT = 9090


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Names of the objects of one model.

    Attributes:
        model: the model's name; what clients put in the field `model` of a request.
        namespace: its namespace.
        domain: domain of the region's gateway.
    """

    model: str
    namespace: str
    domain: str

    @property
    def host(self) -> str:
        """Host name at which the model answers."""
        return f"{self.model}.{self.namespace}.{self.domain}"

    @property
    def picker(self) -> str:
        """Name of the endpoint picker's objects."""
        return f"{self.model}-epp"

    @property
    def tls_secret(self) -> str:
        """Secret that cert-manager writes the endpoint's certificate to."""
        return f"{self.model}-tls"

    @property
    def replica_labels(self) -> dict[str, str]:
        """Labels that select the replicas."""
        return {MODEL_LABEL: self.model, ROLE_LABEL: "replica"}

    @property
    def picker_labels(self) -> dict[str, str]:
        """Labels that select the endpoint picker."""
        return {MODEL_LABEL: self.model, ROLE_LABEL: "endpoint-picker"}

"""Names that everything else stands on; changing one of them is a breaking change.

Objects carry their owner in an annotation and are applied by one named field manager, so that anyone who looks
at an object in a cluster, with any tool, sees which factory, region and block it belongs to and which of its
fields are ours (`metadata.managedFields`).
"""

from typing import Final

GROUP: Final = "aifactory.dev"
"""API group of our annotations, labels and type tokens' documentation."""

FIELD_MANAGER: Final = "aifactory"
"""Server-side apply field manager of every object that the SDK makes. One fixed name: pulumi-kubernetes would
otherwise make up a random one per resource (`pulumi-kubernetes-<hash>`), and nobody could tell from an object's
managedFields whose fields they are."""

FIELD_MANAGER_ANNOTATION: Final = "pulumi.com/patchFieldManager"
"""How the field manager is handed to the Kubernetes provider (pulumi-kubernetes 4, server-side apply mode)."""

FORCE_ANNOTATION: Final = "pulumi.com/patchForce"
"""Set to ``"true"`` on every object of ours: a field that factory.yaml decides is ours, and whoever changed it by hand is
overruled by the next `up`. Fields that we do not set (replicas of what is autoscaled) are never taken."""

OWNER_ANNOTATION: Final = f"{GROUP}/owner"
"""Who owns an object: ``<factory>/<region>/<component>``. An object that exists with the same owner is taken over
(a create that was cut off by a crash and is repeated); with another owner, or none, it is refused."""

SIMULATED_ANNOTATION: Final = f"{GROUP}/simulated"
"""Set to ``"true"`` on what is simulated on a local region (nodes, operators' statuses)."""

SIMULATED: Final = "SIMULATED"
"""The word shown to people, in summary, JSON and evidence, for whatever is simulated."""

MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
PART_OF_LABEL: Final = "app.kubernetes.io/part-of"
NAME_LABEL: Final = "app.kubernetes.io/name"
INSTANCE_LABEL: Final = "app.kubernetes.io/instance"
REGION_LABEL: Final = f"{GROUP}/region"
POOL_LABEL: Final = f"{GROUP}/pool"
"""Label of a node that says which GPU pool of factory.yaml it belongs to."""

PLUGIN: Final = "aifactory"
"""Name of the Pulumi package; a component's type token is ``aifactory:index:<Class>``."""


def type_token(class_name: str) -> str:
    """Return the Pulumi type token of a component class; flat `index` module, as the component host requires."""
    return f"{PLUGIN}:index:{class_name}"


def owner(factory: str, region: str, component: str) -> str:
    """Return the value of `OWNER_ANNOTATION` for an object of this component."""
    return f"{factory}/{region}/{component}"

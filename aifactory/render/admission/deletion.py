"""Guards of what holds state: what Pulumi protects is not deleted behind its back."""

from typing import Final

from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.render.admission.words import ALLOW_DELETE_ANNOTATION, PROTECT_ANNOTATION, texts
from aifactory.render.manifest import Manifest

RULE: Final = "deletion"

GUARDED: Final = (
    Match("", ("namespaces", "persistentvolumeclaims"), ("v1",)),
    Match("postgresql.cnpg.io", ("clusters",)),
    Match("kubevirt.io", ("virtualmachines",)),
    Match("cdi.kubevirt.io", ("datavolumes",)),
)

CONTROLLERS: Final = (
    "system:kube-controller-manager",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:serviceaccount:kube-system:namespace-controller",
)
"""Who carries out a deletion that somebody else was allowed: what an owner's end takes with it, and a namespace's. The first
is who both are where the controller manager's parts have no accounts of their own."""


def protected(manifest: Manifest) -> Manifest:
    """Return an object that Pulumi protects as one that the API server guards too, where it is of a guarded kind."""
    kinds = {"Namespace", "PersistentVolumeClaim", "Cluster", "VirtualMachine", "DataVolume"}
    if manifest["kind"] not in kinds:
        return manifest
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), PROTECT_ANNOTATION: "true"}
    return manifest | {"metadata": metadata | {"annotations": annotations}}


def deletion_policy() -> Policy:
    """Return the policy that refuses to delete what is protected; it holds whatever the profiles are."""
    return Policy(
        "deletion",
        RULE,
        GUARDED,
        (
            Check(
                None,
                f"oldObject.metadata.?annotations[?'{ALLOW_DELETE_ANNOTATION}'].orValue('') == oldObject.metadata.name"
                " ? [] : [oldObject.metadata.name]",
                "is protected",
                "protect: false in its program and an up, or, by hand, the annotation "
                f"{ALLOW_DELETE_ANNOTATION} with the object's own name",
            ),
        ),
        conditions={
            "protected": f"oldObject.metadata.?annotations[?'{PROTECT_ANNOTATION}'].orValue('') == 'true'",
            "not-by-the-cluster-itself": f"!(request.userInfo.username in {texts(CONTROLLERS)})",
        },
        operations=("DELETE",),
    )

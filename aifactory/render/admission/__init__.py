"""Policies by which the cluster's API server refuses what the rules of a region deny, made from the same statements.

They are of the day that the statements were chosen for, and hold no date: while what holds stays the same, so do they.
"""

from collections.abc import Sequence

from aifactory.model import SiteSpec
from aifactory.model.namespace import AdmissionSpec
from aifactory.render.admission.deletion import deletion_policy, protected
from aifactory.render.admission.exposure import exposure_policies
from aifactory.render.admission.images import registry_policies
from aifactory.render.admission.placement import placement_policies
from aifactory.render.admission.policy import Policy, render_policy
from aifactory.render.admission.region import admission_of, protected_namespaces
from aifactory.render.admission.storage import storage_policies
from aifactory.render.admission.telemetry import telemetry_policies
from aifactory.render.admission.words import ALLOW_DELETE_ANNOTATION, COUNTRY_LABEL, PROTECT_ANNOTATION
from aifactory.render.manifest import Manifest, Scope
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

__all__ = [
    "ALLOW_DELETE_ANNOTATION",
    "COUNTRY_LABEL",
    "PROTECT_ANNOTATION",
    "admission_of",
    "admission_policies",
    "protected",
    "protected_namespaces",
    "render_admission",
]


def admission_policies(
    statements: Sequence[Stated], world: World, spec: AdmissionSpec, site: SiteSpec
) -> tuple[Policy, ...]:
    """Return the policies that statements ask for, and the one that guards what is protected.

    Args:
        statements: what holds on the day, as `statements_of` gives it.
        world: what is known on the day.
        spec: what is declared of the region, and how strictly it is held.
        site: where the region stands.
    """
    return (
        *placement_policies(statements, world),
        *storage_policies(statements, world, spec, site),
        *exposure_policies(statements),
        *telemetry_policies(statements, world, spec),
        *registry_policies(statements),
        deletion_policy(),
    )


def render_admission(
    scope: Scope, statements: Sequence[Stated], world: World, spec: AdmissionSpec, site: SiteSpec
) -> list[Manifest]:
    """Return the objects of these policies, each followed by its binding.

    Args:
        scope: whose they are.
        statements: what holds on the day.
        world: what is known on the day.
        spec: what is declared of the region, and how strictly it is held.
        site: where the region stands.
    """
    policies = admission_policies(statements, world, spec, site)
    return [manifest for policy in policies for manifest in render_policy(scope, policy, spec)]

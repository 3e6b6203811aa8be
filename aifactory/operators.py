"""Operators: what the other blocks' custom resources need in the cluster before they mean anything."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.bundled_operators import Bundled, read_bundles
from aifactory.catalog import releases
from aifactory.component import Component, KubernetesObject, once_made, spec_values
from aifactory.model import InstallMode, OperatorsSpec, validate
from aifactory.model.operators import channel_of, install_order, namespace_of
from aifactory.owner import OwnerArgs
from aifactory.render.operators import HelmRelease, OperatorInstall, plan_operators
from aifactory.sovereignty import Flow
from aifactory.sovereignty.operators import operator_flows
from aifactory.subscriptions import installed_version


class OlmArgs(TypedDict):
    """How an operator is subscribed to."""

    source: NotRequired[str]
    """CatalogSource that offers it, such as that of a disconnected site's mirror. Default: the vendor's."""
    source_namespace: NotRequired[str]
    """Namespace of the CatalogSource. Default: openshift-marketplace."""
    channel: NotRequired[str]
    """Channel that is followed. Default: the catalog's; needed where that has none (openshift-ai), and refused if it is
    another."""
    approval: NotRequired[str]
    """automatic, or manual: a person approves every version in the cluster, and an up waits for the first. Default
    automatic."""


class OperatorArgs(TypedDict):
    """One operator and who installs it."""

    install: str
    """Who installs it: adopt (it is there already), external (it is none of ours), helm, olm or manifests. The catalog says
    which of these can be carried out for it; manifests needs a bundle."""
    namespace: NotRequired[str]
    """Namespace that it runs in. Default: the catalog's, which is where its own documents put it."""
    version: NotRequired[str]
    """Version that is expected. Default: the catalog's, the one that is pinned and tested; no other is taken."""
    values: NotRequired[dict[str, Any]]
    """Values of its chart, merged over ours; of several charts below the name of each. Only with install helm."""
    olm: NotRequired[OlmArgs]
    """How it is subscribed to. Only with install olm. Default: from the vendor's CatalogSource, without approvals."""
    protect: NotRequired[bool]
    """Whether a plan that uninstalls it is refused. Default true: with it may go its definitions and all they describe."""
    upgraded_from: NotRequired[str]
    """The version that this one follows, once the steps by hand that `aifactory operators upgrades` lists for it are done.
    Default: none are. Needed only for an upgrade that takes such steps."""


class OperatorsArgs(OwnerArgs):
    """The operators of a region."""

    operators: dict[str, OperatorArgs]
    """Operators by their name in the catalog, such as cert-manager or kueue."""
    bundles: NotRequired[str]
    """Directory of the bundles that `aifactory operators fetch` fills, relative to the program. Default: none, so that
    charts come from their repositories and bring their definitions themselves."""


class Operators(Component):
    """Installs operators at their pinned versions, each after those it needs, and adopts those that are there."""

    names: pulumi.Output[list[str]]
    """Names of the operators in the order of their installation, once those that are installed here are ready."""
    versions: pulumi.Output[dict[str, str]]
    """Version of each by its name; of one that OLM brings, the channel that it follows. External ones are left out."""
    namespaces: pulumi.Output[dict[str, str]]
    """Namespace that each runs in, by its name; without those that are definitions only."""

    def __init__(self, name: str, args: OperatorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(OperatorsSpec, spec_values(values), f"Operators {name}")
        bundled = Bundled()
        if spec.bundles is not None:
            bundled = read_bundles(Path(spec.bundles), spec.operators, f"Operators {name}")
        plan = plan_operators(self._scope, name, spec, bundled.brought, self._registry)
        self._flows = operator_flows(name, spec.operators, bundled.fetched)
        self.require_allowed()
        made: dict[str, list[pulumi.Resource]] = {}
        for install in plan:
            made[install.operator] = self._install(install, [there for key in install.after for there in made[key]])
        ready = [resource for resources in made.values() for resource in resources]
        self.names = once_made(ready, install_order(spec.operators))
        self.versions = once_made(ready, _versions(spec))
        self.namespaces = once_made(ready, _namespaces(spec))
        self.register_outputs({"names": self.names, "versions": self.versions, "namespaces": self.namespaces})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The flows that this component causes: charts and images that are fetched."""
        return self._flows

    def _install(self, install: OperatorInstall, before: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        if install.namespace:
            keep = install.protect_namespace
            made += self.make([install.namespace], depends_on=before, protect=keep, retain=keep)
        made += self._bundled(install, [*before, *made])
        for manifest in install.objects:
            objects = self.make([manifest], depends_on=[*before, *made], protect=install.protect, retain=install.protect)
            made += objects
            if manifest["kind"] == "Subscription":
                subscription = cast("KubernetesObject", objects[0])
                made.append(
                    installed_version(self._scope.component, manifest, subscription, pulumi.ResourceOptions(parent=self))
                )
        for release in install.releases:
            made.append(self._helm(release, [*before, *made], protect=install.protect))
        return made

    def _bundled(self, install: OperatorInstall, before: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Make what a bundle brings: definitions first, then its objects group by group, each after the one before it."""
        made: list[pulumi.Resource] = []
        last = list(before)
        for group in (install.extra, install.definitions, *install.stages):
            keep = install.protect
            objects = self.make(group, depends_on=last, protect=keep, retain=keep, checked=False)
            made += objects
            last = objects or last
        return made

    def _helm(self, release: HelmRelease, depends_on: Sequence[pulumi.Resource], *, protect: bool) -> pulumi.Resource:
        from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

        return Release(
            f"{self._scope.component}-release-{release.namespace}-{release.name}",
            name=release.name,
            namespace=release.namespace,
            chart=release.chart,
            version=release.version or None,
            repository_opts=RepositoryOptsArgs(repo=release.repo) if release.repo else None,
            values=release.values,
            timeout=release.timeout_seconds,
            skip_crds=True if release.skip_crds else None,
            # One that does not come up is taken back, so that the next run starts from what was there before.
            atomic=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), protect=protect, retain_on_delete=protect),
        )


def _versions(spec: OperatorsSpec) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, operator in spec.operators.items():
        if operator.install is InstallMode.OLM:
            found[key] = f"channel {channel_of(key, operator)}"
        elif operator.install is not InstallMode.EXTERNAL:
            found[key] = releases()[key].version
    return found


def _namespaces(spec: OperatorsSpec) -> dict[str, str]:
    found = {key: namespace_of(key, operator) for key, operator in spec.operators.items()}
    return {key: namespace for key, namespace in found.items() if namespace is not None}

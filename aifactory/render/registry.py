"""Images and charts through the registry of a region: every field of every kind that a node pulls by, in one table.

The table is held against the schemas of all kinds by a test: a field that could name an image and is in none of its rows
fails it, so that a new kind is thought about before it is rendered.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aifactory.catalog import Chart, releases
from aifactory.errors import Problem, SpecError
from aifactory.model.registry import RegistrySpec
from aifactory.render.manifest import Manifest

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImageFields:
    """Where objects of a kind name what is pulled. A ``*`` in a path is each item of a list, or each value of a map.

    Attributes:
        pods: pod specs.
        images: whole names of images.
        urls: the same behind a scheme (``docker://``, ``oci://``); values with other schemes are none.
        operands: parts with ``repository``, ``image`` and ``version`` of their own, as NVIDIA's kinds have them.
        secret_lists: lists of ``{name: SECRET}``, made where they are missing.
        secret_names: lists of names, made where they are missing.
        beside: fields with one name of a Secret beside an image, by the path of what holds both.
    """

    pods: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    secret_lists: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    beside: dict[str, str] = field(default_factory=dict[str, str])


CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
POD_IMAGES: Final = (*(f"{part}.*.image" for part in CONTAINERS), "volumes.*.image.reference")
"""Whole names of images in a pod spec."""

_TEMPLATE = ImageFields(pods=("spec.template.spec",))
_SOLVER = "spec.acme.solvers.*.http01"
_ISSUER = ImageFields(pods=tuple(f"{_SOLVER}.{way}.podTemplate.spec" for way in ("gatewayHTTPRoute", "ingress")))
_POLICY_PARTS = (
    "ccManager", "dcgm", "dcgmExporter", "devicePlugin", "driver", "driver.manager", "gdrcopy", "gds", "gfd", "kataManager",
    "kataSandboxDevicePlugin", "migManager", "nodeStatusExporter", "operator.initContainer", "sandboxDevicePlugin",
    "toolkit", "validator", "vfioManager", "vfioManager.driverManager", "vgpuDeviceManager", "vgpuManager",
    "vgpuManager.driverManager",
)  # fmt: skip
_KATA = "spec.kataManager.config.runtimeClasses.*.artifacts"


def _disk(path: str) -> ImageFields:
    """Return the fields of what fills a disk. Its Secret is of another type than a pod's and is named with the disk."""
    return ImageFields(images=(f"{path}.source.vddk.initImageURL",), urls=(f"{path}.source.registry.url",))


def _hyperconverged(sources: str, network: str, images: tuple[str, ...] = ()) -> ImageFields:
    disk = _disk(f"{sources}.*.spec.template.spec")
    return ImageFields(images=(f"{network}.*.sidecarImage", *disk.images, *images), urls=disk.urls)


_MACHINE = "spec.template.spec"
_MACHINE_DISK = _disk("spec.dataVolumeTemplates.*.spec")
_BOOT = f"{_MACHINE}.domain.firmware.kernelBoot.container"

FIELDS: Final[dict[tuple[str, str], ImageFields]] = {
    ("", "Pod"): ImageFields(pods=("spec",)),
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ImageFields(pods=("spec.jobTemplate.spec.template.spec",)),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): ImageFields(
        pods=tuple(f"spec.leaderWorkerTemplate.{part}.spec" for part in ("leaderTemplate", "workerTemplate"))
    ),
    ("serving.kserve.io", "LLMInferenceService"): ImageFields(
        pods=(
            "spec.template",
            "spec.worker",
            "spec.prefill.template",
            "spec.prefill.worker",
            "spec.router.scheduler.template",
        ),
        urls=("spec.model.uri", "spec.model.lora.adapters.*.uri"),
    ),
    ("postgresql.cnpg.io", "Cluster"): ImageFields(
        images=("spec.imageName", "spec.postgresql.extensions.*.image.reference"),
        secret_lists=("spec.imagePullSecrets",),
    ),
    ("postgresql.cnpg.io", "Pooler"): ImageFields(pods=("spec.template.spec",), images=("spec.pgbouncer.image",)),
    ("postgresql.cnpg.io", "ImageCatalog"): ImageFields(
        images=("spec.images.*.image", "spec.images.*.extensions.*.image.reference", "spec.componentImages.*.image")
    ),
    ("nvidia.com", "ClusterPolicy"): ImageFields(
        operands=tuple(f"spec.{part}" for part in _POLICY_PARTS), images=(f"{_KATA}.url",), beside={_KATA: "pullSecret"}
    ),
    ("nvidia.com", "NVIDIADriver"): ImageFields(operands=("spec", "spec.manager", "spec.gdrcopy", "spec.gds")),
    ("kubevirt.io", "KubeVirt"): ImageFields(
        images=("spec.configuration.network.binding.*.sidecarImage",), secret_lists=("spec.imagePullSecrets",)
    ),
    ("cdi.kubevirt.io", "CDI"): ImageFields(secret_lists=("spec.config.imagePullSecrets",)),
    ("cdi.kubevirt.io", "DataVolume"): _disk("spec"),
    ("kubevirt.io", "VirtualMachine"): ImageFields(
        images=(f"{_MACHINE}.volumes.*.containerDisk.image", f"{_BOOT}.image", *_MACHINE_DISK.images),
        urls=_MACHINE_DISK.urls,
        beside={f"{_MACHINE}.volumes.*.containerDisk": "imagePullSecret", _BOOT: "imagePullSecret"},
    ),
    ("hco.kubevirt.io", "HyperConverged"): _hyperconverged(
        "spec.workloadSources.dataImportCronTemplates", "spec.networking.networkBinding"
    ),
    # What a release consists of is pulled by the names in it, which its imageContentSources mirror.
    ("hypershift.openshift.io", "HostedCluster"): ImageFields(
        images=("spec.release.image", "spec.controlPlaneRelease.image")
    ),
    ("hypershift.openshift.io", "NodePool"): ImageFields(
        images=("spec.release.image", "spec.platform.kubevirt.rootVolume.diskImage.containerDiskImage")
    ),
    ("operators.coreos.com", "CatalogSource"): ImageFields(images=("spec.image",), secret_names=("spec.secrets",)),
    ("operators.coreos.com", "Subscription"): ImageFields(images=("spec.config.volumes.*.image.reference",)),
    ("cert-manager.io", "ClusterIssuer"): _ISSUER,
    ("cert-manager.io", "Issuer"): _ISSUER,
}
"""By group and kind. A kind that is not here names no image, or nothing of ours makes it."""

OLDER_FIELDS: Final[dict[tuple[str, str], ImageFields]] = {
    ("hco.kubevirt.io/v1beta1", "HyperConverged"): _hyperconverged(
        "spec.dataImportCronTemplates", "spec.networkBinding", ("spec.vddkInitImage",)
    ),
}
"""By version and kind: those whose fields lie elsewhere than in the newest version."""

_IMAGE_VARIABLE: Final = re.compile(r"(?:^|_)IMAGE(?:_|$)")
"""Variables by which an operator is told what its own pods run, such as ``RELATED_IMAGE_...`` or ``CONTROLLER_IMAGE``."""

_IMAGE_ARGUMENT: Final = re.compile(r"(--?[a-z0-9-]*image=)(\S+)")
_FULL_NAME: Final = re.compile(r"[a-z0-9.-]+(?:\.[a-z]+|:[0-9]+)(?:/[a-z0-9._-]+)+(?:[:@][A-Za-z0-9._:@-]+)?")
_URL: Final = re.compile(r"(docker|oci)://(.+)")


def fields_of(api_version: str, kind: str) -> ImageFields:
    """Return where objects of a kind name what is pulled; without any rows when it is not known to.

    Args:
        api_version: group and version, such as ``apps/v1``.
        kind: such as ``Deployment``.
    """
    older = OLDER_FIELDS.get((api_version, kind))
    return older or FIELDS.get((api_version.rpartition("/")[0], kind), ImageFields())


def mirrored(image: str, registry: RegistrySpec | None) -> str:
    """Return an image as it is named where the region takes it from, with its tag and digest.

    Args:
        image: as the rest of the world names it.
        registry: where the region's images come from; None: from where they are.

    Raises:
        SpecError: the region has no mirror for its host, and takes images from mirrors only.
    """
    if registry is None:
        return image
    found = registry.through(image)
    if found is None:
        raise SpecError("registry", [unmirrored_problem("registry.mirrors", image, registry)])
    return found


def unmirrored_problem(where: str, image: str, registry: RegistrySpec) -> Problem:
    """Return what is said of an image that a region may not pull."""
    hosts = ", ".join(sorted(registry.mirrors))
    rule = f"is on a registry that has no mirror here (there are mirrors of {hosts}), so it would never be pulled"
    return Problem(where, image, rule, "a line for its host in mirrors, or only: false")


def through_registry(manifests: Iterable[Manifest], registry: RegistrySpec | None) -> list[Manifest]:
    """Return objects with every image taken from where the region's images come from, and the Secret that pulls them.

    What is given is not changed. Kinds that the table does not know are passed on as they are.

    Args:
        manifests: the objects.
        registry: where the region's images come from; None: the objects as they are.

    Raises:
        SpecError: every image that may not be pulled, at once.
    """
    if registry is None:
        return list(manifests)
    rewriter = _Rewriter(registry)
    done = [rewriter.manifest(manifest) for manifest in manifests]
    if rewriter.problems:
        raise SpecError("registry", rewriter.problems)
    return done


def through_chart(chart: Chart, registry: RegistrySpec | None) -> str:
    """Return a chart as Helm takes it: one that lies in a registry, from the mirror.

    A chart of a repository with an index stays where it is: an index names its charts by full addresses, so a region that is
    cut off takes it from a bundle.

    Args:
        chart: the chart.
        registry: where the region's images and charts come from; None: from where they are.

    Raises:
        SpecError: as `mirrored`.
    """
    if not chart.is_oci:
        return chart.reference
    return "oci://" + mirrored(chart.reference.removeprefix("oci://"), registry)


def places(node: object, path: str) -> Iterator[tuple[Node, str]]:
    """Give what holds the last part of a path, with that part; only where it is there.

    Args:
        node: an object or a part of one.
        path: names with dots between; ``*`` is each item of a list, or each value of a map.
    """
    head, _, rest = path.partition(".")
    if head == "*":
        items = list(cast("Node", node).values()) if isinstance(node, dict) else node
        for item in cast("list[object]", items) if isinstance(items, list) else []:
            yield from places(item, rest)
    elif isinstance(node, dict) and head in (held := cast("Node", node)):
        if rest:
            yield from places(held[head], rest)
        else:
            yield held, head


class _Rewriter:
    """Goes through objects and gathers what may not be pulled."""

    def __init__(self, registry: RegistrySpec) -> None:
        self._registry = registry
        self._secret = registry.pull_secret
        self._where = ""
        self.problems: list[Problem] = []

    def manifest(self, manifest: Manifest) -> Manifest:
        """Return one object, rewritten."""
        done = deepcopy(manifest)
        kind, metadata = str(done.get("kind")), cast("Node", done.get("metadata") or {})
        self._where = f"{kind} {metadata.get('name', '')}"
        fields = fields_of(str(done.get("apiVersion")), kind)
        self._each(done, fields.images, self._image)
        self._each(done, fields.urls, self._url)
        for path in fields.pods:
            for held, name in places(done, path):
                self._pod(held[name])
        for path in fields.operands:
            for held, name in places(done, path):
                self._operand(held[name])
        if self._secret:
            self._secrets(done, fields)
        if kind == "KubeVirt":
            self._platform(done)
        return done

    def _each(self, node: object, paths: Iterable[str], change: Callable[[str], str]) -> None:
        for path in paths:
            for held, name in places(node, path):
                if isinstance(held[name], str) and held[name]:
                    held[name] = change(held[name])

    def _image(self, image: str) -> str:
        found = self._registry.through(image)
        if found is None:
            self.problems.append(unmirrored_problem(self._where, image, self._registry))
        return found or image

    def _url(self, url: str) -> str:
        match = _URL.fullmatch(url)
        return f"{match[1]}://{self._image(match[2])}" if match else url

    def _pod(self, pod: Node) -> None:
        self._each(pod, POD_IMAGES, self._image)
        for part in CONTAINERS:
            for container in cast("list[Node]", pod.get(part) or []):
                self._container(container)
        if self._secret:
            _add(pod, "imagePullSecrets", {"name": self._secret})

    def _container(self, container: Node) -> None:
        """Rewrite what a container is told to run elsewhere: only full names, in variables and options made for images."""
        for variable in cast("list[Node]", container.get("env") or []):
            value = variable.get("value")
            if isinstance(value, str) and _IMAGE_VARIABLE.search(variable["name"]) and _FULL_NAME.fullmatch(value):
                variable["value"] = self._image(value)
        for part in ("command", "args"):
            if part in container:
                container[part] = [self._argument(argument) for argument in cast("list[str]", container[part] or [])]

    def _argument(self, argument: str) -> str:
        match = _IMAGE_ARGUMENT.fullmatch(argument)
        return match[1] + self._image(match[2]) if match and _FULL_NAME.fullmatch(match[2]) else argument

    def _operand(self, part: Node) -> None:
        """Rewrite a part that names its image in pieces; without a repository the image is named in one (internal/image)."""
        if part.get("repository"):
            part["repository"] = self._image(f"{part['repository']}/image").removesuffix("/image")
        elif "/" in str(part.get("image") or ""):
            part["image"] = self._image(part["image"])
        if self._secret and part.get("enabled") is not False:
            _add(part, "imagePullSecrets", self._secret)

    def _secrets(self, done: Manifest, fields: ImageFields) -> None:
        for paths, secret in ((fields.secret_lists, {"name": self._secret}), (fields.secret_names, self._secret)):
            for path in paths:
                parent, _, name = path.rpartition(".")
                held: Node = done
                for part in parent.split("."):
                    held = held.setdefault(part, {})
                _add(held, name, secret)
        for path, name in fields.beside.items():
            for held, last in places(done, path):
                held[last].setdefault(name, self._secret)

    def _platform(self, done: Manifest) -> None:
        """Name the place of KubeVirt's own images: without one it is that of whatever the operator happens to run."""
        spec = cast("Node", done["spec"])
        usual = releases()["kubevirt"].images[0].rpartition("/")[0]
        place = self._image(f"{spec.get('imageRegistry') or usual}/image").removesuffix("/image")
        if place != usual or "imageRegistry" in spec:
            spec["imageRegistry"] = place


def _add(held: Node, name: str, secret: object) -> None:
    """Put a Secret into a list once, behind those that are there."""
    secrets = cast("list[object]", held.get(name) or [])
    held[name] = secrets if secret in secrets else [*secrets, secret]

"""Registry: images of pods, and of what other controllers make pods and disks of."""

from collections.abc import Iterator, Sequence
from typing import Final

from aifactory.model.statement import Registry
from aifactory.render.admission.pods import POD_KINDS, VARIABLES, containers, only_new
from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.render.admission.words import shown, texts
from aifactory.sovereignty.profile import Stated

IMAGE_KINDS: Final = (
    *POD_KINDS,
    Match("postgresql.cnpg.io", ("clusterimagecatalogs", "clusters", "imagecatalogs", "poolers")),
    Match("kubevirt.io", ("virtualmachineinstances", "virtualmachines")),
    Match("cdi.kubevirt.io", ("datavolumes",)),
)

DIGEST: Final = "@sha256:[0-9a-f]{64}$"

_HOST: Final = (
    # The first part names a host if it has a dot, a port or a capital letter, or is localhost; else it is Docker Hub's.
    "image.contains('/') && image.split('/')[0].matches('[.:A-Z]|^localhost$') ? "
    "(image.split('/')[0] in ['index.docker.io', 'registry-1.docker.io'] ? 'docker.io' : image.split('/')[0]) : 'docker.io'"
)


def _images(spec: str, pod: str) -> str:
    """Return every image that an object names."""
    lists = (
        f"{containers(pod)}.map(container, container.?image.orValue(''))",
        f"{pod}.?volumes.orValue([]).map(volume, volume.?image.?reference.or(volume.?containerDisk.?image).orValue(''))",
        f"[{spec}.?imageName.orValue('')]",
        f"{spec}.?images.orValue([]).map(entry, entry.?image.orValue(''))",
        f"[{spec}.?source.?registry.?url.orValue('').replace('docker://', '')]",
        (
            f"{spec}.?dataVolumeTemplates.orValue([])"
            ".map(disk, disk.?spec.?source.?registry.?url.orValue('').replace('docker://', ''))"
        ),
    )
    return f"({' + '.join(lists)}).filter(image, image != '')"


def registry_policies(statements: Sequence[Stated]) -> Iterator[Policy]:
    """Yield the policy of the statements on registries; none when there are none."""
    checks = tuple(check for stated in statements for check in _checks(stated))
    if not checks:
        return
    variables = VARIABLES | {
        "all": _images("variables.spec", "variables.pod"),
        "before": _images("variables.oldSpec", "variables.oldPod"),
        "images": only_new("variables.all", "variables.before"),
    }
    yield Policy("registry", "registry", IMAGE_KINDS, checks, variables)


def _checks(stated: Stated) -> Iterator[Check]:
    statement = stated.statement
    if not isinstance(statement, Registry):
        return
    if statement.hosts:
        hosts = texts(host.lower() for host in statement.hosts)
        yield Check(
            stated,
            f"variables.images.filter(image, !(({_HOST}).lowerAscii() in {hosts}))",
            "comes from a registry that is not allowed",
            f"images of {shown(statement.hosts)}",
        )
    if statement.digests:
        yield Check(
            stated,
            f"variables.images.filter(image, !image.matches('{DIGEST}'))",
            "is not pinned by digest",
            "the same image with @sha256: and its digest",
        )

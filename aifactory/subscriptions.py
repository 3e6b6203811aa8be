"""What a subscription installs, waited for: the ClusterServiceVersion, whose name is known only once it is there."""

from collections.abc import Mapping
from typing import Any

import pulumi

from aifactory.component import KubernetesObject
from aifactory.conventions import OWNER_ANNOTATION
from aifactory.render.manifest import Manifest
from aifactory.render.operators import TIMEOUT_SECONDS

_API_VERSION, _KIND = "operators.coreos.com/v1alpha1", "ClusterServiceVersion"


def installed_version(
    name: str, subscription: Manifest, made: KubernetesObject, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Return a resource that is there when the version which a subscription installed has come up.

    A subscription says ``AtLatestKnown`` as soon as the ClusterServiceVersion exists (operator-lifecycle-manager,
    catalog operator), long before the operator's pods run; only its phase ``Succeeded`` says that they do. It is OLM's
    object, so it is patched (with the annotations that say what to wait for) and never owned: neither protected nor kept,
    as OLM gives it another name with every upgrade.

    Args:
        name: of the component.
        subscription: the Subscription as it is rendered.
        made: the same as a resource, which has the name of the version in its status.
        opts: parent and provider.
    """
    from pulumi_kubernetes.apiextensions import CustomResourcePatch

    metadata: Mapping[str, Any] = subscription["metadata"]
    return CustomResourcePatch(
        f"{name}-installed-{metadata['namespace']}-{metadata['name']}",
        api_version=_API_VERSION,
        kind=_KIND,
        metadata={
            "name": made.status.apply(_installed),
            "namespace": metadata["namespace"],
            "annotations": {
                OWNER_ANNOTATION: metadata["annotations"][OWNER_ANNOTATION],
                "pulumi.com/waitFor": "jsonpath={.status.phase}=Succeeded",
                "pulumi.com/timeoutSeconds": str(TIMEOUT_SECONDS),
            },
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[made])),
    )


def _installed(status: Mapping[str, Any] | None) -> str:
    # The subscription's wait has seen it; without the engine (a test's mocks) there is no status at all.
    return str((status or {}).get("installedCSV") or "unknown")

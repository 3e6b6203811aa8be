"""Subscriptions of the Operator Lifecycle Manager."""

from aifactory.catalog import OlmPackage
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators.helm import TIMEOUT_SECONDS


def subscribe(scope: Scope, namespace: str, package: OlmPackage) -> tuple[Manifest, ...]:
    """Return what subscribes to a package, in order of creation.

    Args:
        scope: whose the objects are.
        namespace: that the operator runs in.
        package: what is subscribed to.
    """
    group: Manifest = {
        "apiVersion": "operators.coreos.com/v1",
        "kind": "OperatorGroup",
        "metadata": scope.metadata(namespace, namespace=namespace),
        "spec": {"targetNamespaces": [namespace]} if package.own_namespace else {},
    }
    starting = {"startingCSV": package.csv} if package.csv else {}
    subscription: Manifest = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": scope.metadata(
            package.subscription or package.package,
            namespace=namespace,
            wait_for=["jsonpath={.status.state}=AtLatestKnown"],
            timeout_seconds=TIMEOUT_SECONDS,
        ),
        "spec": {
            "name": package.package,
            "channel": package.channel,
            "source": package.source,
            "sourceNamespace": package.source_namespace,
            # Manual would leave every run waiting for somebody to approve a plan; the channel bounds what may come.
            "installPlanApproval": "Automatic",
        }
        | starting,
    }
    return group, subscription

"""Subscriptions of the Operator Lifecycle Manager."""

from aifactory.catalog import OlmPackage
from aifactory.model.operators import Approval, OlmSpec
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators.helm import TIMEOUT_SECONDS


def subscribe(scope: Scope, namespace: str, package: OlmPackage, how: OlmSpec) -> tuple[Manifest, ...]:
    """Return what subscribes to a package, in order of creation.

    Args:
        scope: whose the objects are.
        namespace: that the operator runs in.
        package: what is subscribed to.
        how: from which CatalogSource and channel, and who approves.
    """
    group: Manifest = {
        "apiVersion": "operators.coreos.com/v1",
        "kind": "OperatorGroup",
        "metadata": scope.metadata(namespace, namespace=namespace),
        "spec": {"targetNamespaces": [namespace]} if package.own_namespace else {},
    }
    manual = how.approval is Approval.MANUAL
    more: Manifest = {"startingCSV": package.csv} if package.csv else {}
    if package.environment:
        more["config"] = {"env": [{"name": name, "value": value} for name, value in package.environment.items()]}
    subscription: Manifest = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": scope.metadata(
            package.subscription or package.package,
            namespace=namespace,
            # With approvals a newer version may wait for somebody while the one before it runs. Which version it is must be
            # known in both cases: its own phase is waited for next.
            wait_for=[*([] if manual else ["jsonpath={.status.state}=AtLatestKnown"]), "jsonpath={.status.installedCSV}"],
            timeout_seconds=TIMEOUT_SECONDS,
        ),
        "spec": {
            "name": package.package,
            "channel": how.channel or package.channel,
            "source": how.source or package.source,
            "sourceNamespace": how.source_namespace or package.source_namespace,
            "installPlanApproval": "Manual" if manual else "Automatic",
        }
        | more,
    }
    return group, subscription

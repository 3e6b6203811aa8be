"""What tenancy sends where: nothing. Who may use which GPU is decided in the cluster, by an operator that is there."""

from aifactory.model import TenancySpec
from aifactory.sovereignty.flow import Flow


def tenancy_flows(name: str, spec: TenancySpec) -> tuple[Flow, ...]:  # noqa: ARG001 - the form that all blocks' flows have
    """Return no flow: queues run no pod, keep no data and answer no client; Kueue's own image is its operator's flow.

    Args:
        name: name of the component.
        spec: tenants and pools.
    """
    return ()

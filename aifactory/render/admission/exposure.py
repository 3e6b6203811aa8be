"""Encryption in transit: ways into and out of the cluster that nobody says are encrypted."""

from collections.abc import Iterator, Sequence
from typing import Final

from aifactory.model.statement import InTransit
from aifactory.render.admission.pods import only_new
from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.sovereignty.profile import Stated

RULE: Final = "in-transit"

SERVICES: Final = (Match("", ("services",), ("v1",)),)
INGRESSES: Final = (Match("networking.k8s.io", ("ingresses",), ("v1",)),)
GATEWAYS: Final = (
    Match("gateway.networking.k8s.io", ("gateways", "listenersets")),
    Match("gateway.networking.x-k8s.io", ("xlistenersets",)),
)


def exposure_policies(statements: Sequence[Stated]) -> Iterator[Policy]:
    """Yield the policies of the statements on encryption: for services, ingresses and gateways."""
    held = [stated for stated in statements if isinstance(stated.statement, InTransit)]
    if not held:
        return
    for name, matches, found, says, passing in _KINDS:
        faults = only_new(f"({found.format(root='object')})", f"(oldObject == null ? [] : {found.format(root='oldObject')})")
        checks = tuple(Check(stated, faults, says, passing) for stated in held)
        conditions = {"not-of-a-gateway": _NOT_OF_A_GATEWAY} if name == "services" else {}
        yield Policy(name, RULE, matches, checks, conditions=conditions)


_NOT_OF_A_GATEWAY: Final = (
    # A gateway's own Service carries what its listeners take, and these are looked at; a reference to a gateway that is not
    # there makes the garbage collector take the Service away.
    "!object.metadata.?ownerReferences.orValue([]).exists(owner, owner.kind == 'Gateway'"
    " && owner.apiVersion.startsWith('gateway.networking.k8s.io/') && owner.?controller.orValue(false)"
    " && object.metadata.?labels[?'gateway.networking.k8s.io/gateway-name'].orValue('') == owner.name)"
)

_SERVICE: Final = (
    "({root}.spec.?type.orValue('ClusterIP') in ['ExternalName', 'LoadBalancer', 'NodePort']"
    " ? ['type ' + {root}.spec.type] : [])"
    " + {root}.spec.?externalIPs.orValue([]).map(address, 'external address ' + address)"
)

_COVERED: Final = (
    "dyn({root}).spec.?tls.orValue([]).exists(entry, entry.?hosts.orValue([]).size() == 0"
    " || (host != '' && entry.hosts.exists(name, name == host"
    " || (name.startsWith('*.') && host.contains('.') && name.substring(1) == host.substring(host.indexOf('.'))))))"
)

_INGRESS: Final = (
    "dyn({root}).spec.?rules.orValue([]).map(rule, rule.?host.orValue(''))"
    ".filter(host, !" + _COVERED + ").map(host, host == '' ? 'any host' : host)"
    " + (has({root}.spec.defaultBackend) && dyn({root}).spec.?tls.orValue([]).size() == 0 ? ['the default backend'] : [])"
)

_GATEWAY: Final = (
    "dyn({root}).spec.?listeners.orValue([]).filter(listener, !(listener.protocol in ['HTTPS', 'TLS']))"
    ".map(listener, 'listener ' + listener.name + ' with ' + listener.protocol)"
)

_KINDS: Final = (
    (
        "services",
        SERVICES,
        _SERVICE,
        "leads out of the cluster, and nobody said that what goes there is encrypted",
        "type ClusterIP behind a Gateway or Ingress with TLS, or an exception of the region",
    ),
    ("ingresses", INGRESSES, _INGRESS, "is served without TLS", "an entry of spec.tls for each host"),
    ("gateways", GATEWAYS, _GATEWAY, "takes what is not encrypted", "listeners with HTTPS or TLS"),
)

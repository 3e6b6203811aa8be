"""Webhooks that do not answer: which operator of the catalog one belongs to, and what to do; from the API server's words.

An API server that cannot reach a webhook names the webhook and the address that it called, which tells nobody that Kueue is
down. The catalog knows in which namespace each operator runs and which kinds it defines, and with that whose webhook it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aifactory.catalog import Release

_ADMISSION: Final = re.compile(r'failed calling webhook "([^"]+)"')
_CONVERSION: Final = re.compile(r"conversion webhook for ([^\s/,]+)/[^\s,]+, Kind=(\S+) failed")
_ADDRESS: Final = re.compile(r"https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc[:/?\"\s]")


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call to a webhook that failed; fields that the words do not tell are empty.

    Attributes:
        webhook: name of the webhook; of a conversion, the kind that it converts.
        group: API group of the kind that was to be converted; empty for admission.
        service: Service that it is behind.
        namespace: namespace of the Service.
    """

    webhook: str
    group: str
    service: str
    namespace: str

    @property
    def operators(self) -> list[str]:
        """Operators of the catalog that it may belong to, by name; empty when the catalog knows none."""
        return owners(self.namespace, [self.group] if self.group else [])

    @property
    def why(self) -> str:
        """What it means, and whose it is, in words."""
        what = "converts" if self.group else "looks at"
        service = f" behind service {self.namespace}/{self.service}" if self.service else ""
        whose = titles(self.operators) or "an operator that is not in the catalog"
        return f"webhook {self.webhook}{service} {what} such objects before the API server takes them; it is of {whose}"

    @property
    def fix(self) -> str:
        """What to do, in words."""
        whose = titles(self.operators) or "the operator"
        if not self.namespace:
            return f"see why {whose} does not answer, then repeat"
        look = f"`kubectl get pods,endpointslices --namespace {self.namespace}`"
        gone = "an operator that was removed has left its webhook configuration behind, which may then be deleted"
        return f"see by {look} why {whose} does not answer, then repeat; {gone}"


def _releases() -> "Mapping[str, Release]":
    # Imported late: the catalog takes longer to import than the plugin stand-in takes to start, and is rarely asked.
    from aifactory.catalog import releases

    return releases()


def failed_call(message: str) -> FailedCall | None:
    """Return which webhook an API server could not call, by its words; None when they are about something else."""
    address = _ADDRESS.search(f"{message} ")
    service, namespace = (address[1], address[2]) if address else ("", "")
    if admission := _ADMISSION.search(message):
        return FailedCall(admission[1], "", service, namespace)
    if conversion := _CONVERSION.search(message):
        return FailedCall(conversion[2], conversion[1], service, namespace)
    return None


def owners(namespace: str, groups: Iterable[str] = ()) -> list[str]:
    """Return operators of the catalog that run in a namespace, or else define kinds of some API groups.

    Several may share a namespace; those among them that define a kind of the groups then count.

    Args:
        namespace: namespace of a webhook's Service; may be empty.
        groups: API groups of the kinds that it is about; may be empty.
    """
    wanted = set(groups)
    places = {
        name: {release.namespace, release.olm.namespace if release.olm else None} for name, release in _releases().items()
    }
    defining = [name for name, release in _releases().items() if wanted & {crd.partition(".")[2] for crd in release.crds}]
    here = [name for name, place in places.items() if namespace and namespace in place]
    return [name for name in here if name in defining] or here or defining


def titles(operators: Iterable[str]) -> str:
    """Return operators for people: `Kueue (kueue)`; several with "or"."""
    return " or ".join(f"{_releases()[name].title} ({name})" for name in operators)

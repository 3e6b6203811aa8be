"""A plain HTTP client for an API server, for work on objects of any kind with server-side apply.

Lightkube reads the kubeconfig and sets up TLS and credentials; its typed resources are left aside, because here every
object is plain data whose kind is only known at run time.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2 as httpx
import yaml
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import KubeConfig
from lightkube.core.exceptions import ConfigError

from aifactory.conventions import FIELD_MANAGER
from aifactory.errors import ControlPlaneError
from aifactory.kube.objects import Document
from aifactory.kube.webhooks import failed_call

PARALLEL: Final = 4
"""Requests at a time. The API server of a small machine has two cores; more requests only wait in its queue."""

_TIMEOUT_SECONDS: Final = 60.0
"""Longest wait for one answer; the largest definition takes the API server two seconds on a busy machine."""

_CONNECT_SECONDS: Final = 10.0
"""Longest wait for a connection: a server that a firewall hides gives no refusal, only silence."""

_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_DISCOVERY: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

Item = TypeVar("Item")
Result = TypeVar("Result")


class Api:
    """Requests to one API server; safe to use from several threads.

    Every method raises `UnreachableError` when the server gives no answer, and `ApiRefusalError` when it refuses, with
    its own words; both are `ControlPlaneError`.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def request(self, method: str, path: str, **options: Any) -> Document:  # noqa: ANN401 -- handed on to httpx
        """Return the answer's JSON object.

        Args:
            method: HTTP method.
            path: path below the server's root.
            options: further arguments of ``httpx.Client.request``.
        """
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise UnreachableError(
                f"{method} {path}: the API server gave no answer ({error})",
                fix="look at `aifactory local status` and its logs",
            ) from error
        if answer.is_error:
            raise ApiRefusalError(method, path, answer.status_code, _reason(answer))
        return answer.json()

    def apply(self, path: str, manifest: Document) -> Document:
        """Create or update an object by server-side apply, as field manager `FIELD_MANAGER`, taking over conflicts."""
        return self.request(
            "PATCH",
            path,
            params={"fieldManager": FIELD_MANAGER, "force": "true"},
            json=manifest,
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    def metadata(self, path: str, *, label_selector: str = "") -> list[Document]:
        """Return the metadata of the objects of a collection, without their content, which may be large."""
        options = {"labelSelector": label_selector} if label_selector else {}
        found = self.request("GET", path, params=options, headers={"Accept": _METADATA_LIST})
        items: list[Document] | None = found["items"]  # null, not [], when the collection is empty
        return [item["metadata"] for item in items or ()]

    def served(self) -> frozenset[tuple[str, str]]:
        """Return (apiVersion, kind) of everything that the server serves, in two requests."""
        pairs: set[tuple[str, str]] = set()
        for root in ("/api", "/apis"):
            pairs.update((version, resource["responseKind"].get("kind", "")) for version, resource in self._resources(root))
        return frozenset(pairs)

    def collections(self) -> frozenset[tuple[str, str]]:
        """Return (apiVersion, plural) of everything outside of the core group that the server serves, in one request.

        A custom resource is among them as soon as its definition is Established.
        """
        return frozenset((version, resource["resource"]) for version, resource in self._resources("/apis"))

    def _resources(self, root: str) -> Iterator[tuple[str, Document]]:
        for group in self.request("GET", root, headers={"Accept": _DISCOVERY})["items"]:
            name = group["metadata"].get("name", "")
            for version in group.get("versions", ()):
                api_version = f"{name}/{version['version']}" if name else version["version"]
                yield from ((api_version, resource) for resource in version.get("resources", ()))


class UnreachableError(ControlPlaneError):
    """The API server gave no answer."""


class ApiRefusalError(ControlPlaneError):
    """The API server refused a request.

    Attributes:
        status: the HTTP status.
        reason: the server's own words.
    """

    def __init__(self, method: str, path: str, status: int, reason: str) -> None:
        call = failed_call(reason)
        message = f"{method} {path}: the API server refused ({status}): {reason}"
        super().__init__(message, why=call.why if call else "", fix=call.fix if call else "")
        self.status = status
        self.reason = reason


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]


@contextmanager
def connect(kubeconfig: Path | Document, called: str = "") -> Generator[Api]:
    """Give an `Api` for the current context of a kubeconfig, closed at the end.

    Args:
        kubeconfig: the file, or its content.
        called: what messages call it; by default the file's path.

    Raises:
        ControlPlaneError: the file is missing or has no usable context.
    """
    called = called or (str(kubeconfig) if isinstance(kubeconfig, Path) else "the kubeconfig")
    try:
        config = _read(kubeconfig).get()
    except (ConfigError, OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        # Lightkube reads the file into its models as it comes; what does not fit shows as one of the last three.
        raise ControlPlaneError(f"{called} is no kubeconfig that can be used: {error}") from error
    if config is None:
        raise ControlPlaneError(f"{called} has no current context")
    # Proxies of the environment are for the internet; a control plane on loopback is never behind one.
    timeout = httpx.Timeout(_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS)
    parameters = client_adapter.ConnectionParams(timeout=timeout, trust_env=False)
    with client_adapter.Client(config, parameters) as client:
        yield Api(client)


def _read(kubeconfig: Path | Document) -> KubeConfig:
    if isinstance(kubeconfig, Path):
        return KubeConfig.from_file(kubeconfig)
    return KubeConfig.from_dict(kubeconfig)  # pyright: ignore[reportUnknownMemberType] - theirs is half typed


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return `work` of every item, in order, `PARALLEL` at a time; the first error is raised once all have ended."""
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="kube-api") as pool:
        return list(pool.map(work, items))


def wait_until(check: Callable[[], Result | None], *, timeout_seconds: float) -> Result | None:
    """Call `check` until it returns something, with growing pauses of at most half a second; None after the time."""
    deadline = time.monotonic() + timeout_seconds
    pause = 0.05
    while (found := check()) is None:
        if time.monotonic() >= deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    return found

"""Requests to one API server: authentication by kubeconfig, strict server-side apply, bounded retries.

Kubeconfig, TLS and authentication are lightkube's; the objects are plain dicts, because a provider must
carry every kind, known at build time or not. Every request here may be repeated: reads are reads, an apply
has the same effect twice, and a deletion of what is gone counts as done.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import httpx2
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import SingleConfig

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.failures import ApiError, UnreachableError
from aifactory.local.plugins.kubernetes.objects import Object

APPLY_TYPE: Final = "application/apply-patch+yaml"
"""Media type of a server-side apply; JSON is YAML, so the body is JSON."""

_WARNING: Final = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')

Say = Callable[[str], None]


class CancelledError(AifactoryError):
    """The engine was told to stop; what was under way is left as it is, and the next run goes on."""

    def __init__(self, doing: str) -> None:
        super().__init__(f"stopped while {doing}", fix="run `pulumi up` again; it goes on from here")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often a request is repeated.

    Attributes:
        first_contact_seconds: repeating before the API server has answered once: long enough for one that
            starts,
            short enough to say soon that the cluster is not there.
        outage_seconds: repeating after it has answered before: a restart of the API server takes about ten
            seconds on a small machine.
        first_pause_seconds, longest_pause_seconds: pauses double from one to the other, with jitter.
        timeout_seconds: time for one request; a dry run through admission webhooks may take 30.
    """

    first_contact_seconds: float = 15.0
    outage_seconds: float = 60.0
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 5.0
    timeout_seconds: float = 35.0


class Cluster:
    """One API server.

    Args:
        config: the context of a kubeconfig to use.
        stop: set when the engine wants everything to end; retries and waits end early.
        bounds: see `Bounds`.
        say: told, once per request, that the server is not answering.
        warn: told each warning of the API server (deprecated kinds, ...), once.
        transport: another transport for tests; None talks to the network.
    """

    def __init__(
        self,
        config: SingleConfig,
        *,
        stop: threading.Event | None = None,
        bounds: Bounds | None = None,
        say: Say = lambda _: None,
        warn: Say = lambda _: None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.server = config.cluster.server
        self.stop = stop or threading.Event()
        self._bounds = bounds or Bounds()
        self._say, self._warn = say, warn
        self._warned: set[str] = set()
        self._answered = False
        parameters = client_adapter.ConnectionParams(
            timeout=httpx2.Timeout(self._bounds.timeout_seconds), trust_env=False, transport=transport
        )
        self._http = client_adapter.Client(config, parameters)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **parameters: str) -> Object:
        """Return what is at `path`.

        Raises:
            ApiError: the server refused; `is_missing` when there is nothing at `path`.
            UnreachableError: no answer within the bounds.
            CancelledError: the engine wants to stop.
        """
        return self._request("GET", path, parameters)

    def find(self, path: str) -> Object | None:
        """Return the object at `path`, or None when there is none; raises as `get` otherwise."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.is_missing:
                return None
            raise

    def apply(
        self, path: str, thing: Mapping[str, Any], *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Object:
        """Apply `thing` at `path` for a field manager and return the object that results.

        Args:
            path: the object's own path.
            thing: the fields that `manager` wants, and no others; a field it applied earlier and now leaves
                out
                is removed unless another manager holds it too.
            manager: the field manager.
            force: take over fields that other managers hold; otherwise they raise `FieldConflictError`.
            dry_run: go through defaulting, validation and admission, but store nothing.

        Fields that the kind does not have are refused (``fieldValidation=Strict``).
        """
        parameters = {"fieldManager": manager, "fieldValidation": "Strict"}
        if force:
            parameters["force"] = "true"
        if dry_run:
            parameters["dryRun"] = "All"
        return self._request("PATCH", path, parameters, body=thing, content_type=APPLY_TYPE)

    def delete(self, path: str, *, propagation: str, uid: str = "") -> Object | None:
        """Ask for the deletion of the object at `path`; None when it is gone already.

        Args:
            path: the object's own path.
            propagation: ``Background``, ``Foreground`` or ``Orphan``.
            uid: only delete the object with this uid; another one that took its name raises `ApiError` (409).
        """
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            return self._request("DELETE", path, {}, body=options)
        except ApiError as error:
            if error.is_missing:
                return None
            raise

    def pause(self, seconds: float, doing: str) -> None:
        """Sleep, or raise `CancelledError` as soon as the engine wants to stop."""
        if self.stop.wait(seconds):
            raise CancelledError(doing)

    def _request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        content = None if body is None else json.dumps(body).encode()
        request = self._http.build_request(
            method,
            path,
            params=dict(parameters),
            content=content,
            headers={"Accept": accept, "Content-Type": content_type},
        )
        response = self._send(request)
        self._pass_on_warnings(response)
        return cast("Object", response.json())

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        """Send until there is an answer that is not "later", within the bounds."""
        started, pause, told = time.monotonic(), self._bounds.first_pause_seconds, False
        while True:
            try:
                response = self._http.send(request)
            except httpx2.TransportError as error:
                response, trouble = None, f"{type(error).__name__}: {error}"
            else:
                self._answered = True
                if response.status_code < HTTPStatus.BAD_REQUEST:
                    return response
                error = ApiError.from_response(response)
                if not error.is_transient:
                    raise error
                trouble = f"{error.code} {error.message}"
            limit = self._bounds.outage_seconds if self._answered else self._bounds.first_contact_seconds
            wait = max(_retry_after(response), pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
            if time.monotonic() - started + wait > limit:
                raise ApiError.from_response(response) if response is not None else self._unreachable(trouble, limit)
            if not told:
                self._say(f"no good answer from {self.server} ({trouble}); asking again for {limit:.0f} s")
                told = True
            self.pause(wait, f"waiting for the API server at {self.server} ({trouble})")
            pause = min(pause * 2, self._bounds.longest_pause_seconds)

    def _unreachable(self, trouble: str, limit: float) -> UnreachableError:
        return UnreachableError(
            f"the API server at {self.server} gave no answer for {limit:.0f} s ({trouble})",
            why="nothing can be read or changed without it",
            fix="see `aifactory local status`; `aifactory local up` starts the local control plane",
        )

    def _pass_on_warnings(self, response: httpx2.Response) -> None:
        for header in response.headers.get_list("warning"):
            for words in _WARNING.findall(header):
                if words not in self._warned:
                    self._warned.add(words)
                    self._warn(words.replace('\\"', '"'))

    def discover(self, path: str, accept: str) -> Object:
        """Return a discovery document in the form that `accept` asks for, or the server's own."""
        return self._request("GET", path, {}, accept=accept)


def _retry_after(response: httpx2.Response | None) -> float:
    """Return the seconds that the server asks to wait, at most 30; 0 when it does not say."""
    value = "" if response is None else response.headers.get("retry-after", "")
    return min(float(value), 30.0) if value.isdigit() else 0.0

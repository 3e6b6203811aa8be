"""Digests out of registries, by the OCI distribution API: anonymous, over TLS, every answer held against its own digest."""

import hashlib
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final, Protocol, cast

from aifactory.errors import AifactoryError
from aifactory.model.registry import DOCKER_HUB, parted

TIMEOUT_SECONDS: Final = 20.0
"""How long one answer may take."""

LONGEST_WAIT_SECONDS: Final = 60.0
"""Longest pause that a registry may ask for; one that wants more is asked again by a later run."""

TRIES: Final = 4
"""Times that a registry is asked for one image; asking for a token is one of them."""

LARGEST_MANIFEST: Final = 4 * 1024 * 1024
"""Bytes that a manifest may have, which is what registries take at most."""

INDEXES: Final = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS: Final = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_CHALLENGE: Final = re.compile(r'([a-z_]+)="([^"]*)"', re.IGNORECASE)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class RegistryError(AifactoryError):
    """A registry did not say what an image is: it cannot be reached, refuses, or its answer is not right."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What a registry has under a name.

    Attributes:
        digest: ``sha256:...``; of an image for several architectures that of the index, so that every node may pull by it.
        media_type: what it is of.
        is_index: whether it is for several architectures.
    """

    digest: str
    media_type: str
    is_index: bool


class _Answer(Protocol):
    status: int
    headers: Message

    def read(self, amount: int = ...) -> bytes: ...
    def close(self) -> None: ...


class RegistryClient:
    """Asks registries for digests. One client keeps its tokens, so that many images of one registry need one each.

    Args:
        timeout: seconds that one answer may take.
        wait: how a pause is made that a registry asks for.
    """

    def __init__(self, *, timeout: float = TIMEOUT_SECONDS, wait: Callable[[float], None] = time.sleep) -> None:
        self._timeout = timeout
        self._wait = wait
        self._tokens: dict[tuple[str, str], str] = {}

    def find(self, image: str) -> Found:
        """Return what a registry has under the name of an image.

        Args:
            image: ``host/path:tag``; a digest behind it is left aside.

        Raises:
            RegistryError: it could not be found out, in words that name the registry.
        """
        host, path = parted(image.partition("@")[0])
        repository, colon, tag = path.rpartition(":")
        if not colon or "/" in tag:
            raise RegistryError(f"{image} has no tag", why="a registry would answer with whatever is its latest")
        # Docker Hub answers under another name than its images have.
        place = "registry-1.docker.io" if host == DOCKER_HUB else host
        url = f"{_scheme(place)}://{place}/v2/{repository}/manifests/{tag}"
        headers, body = self._get(url, host, repository, image)
        return _verified(image, headers, body)

    def _get(self, url: str, host: str, repository: str, image: str) -> tuple[Message, bytes]:
        for attempt in range(TRIES):
            token = self._tokens.get((host, repository))
            accept = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
            status, headers, body = self._ask(url, host, accept | ({"Authorization": f"Bearer {token}"} if token else {}))
            if status == 200:
                return headers, body
            if status == 401 and not token:
                self._tokens[host, repository] = self._token(host, repository, headers.get("WWW-Authenticate", ""))
            elif status == 429 or status >= 500:
                self._pause(host, status, headers.get("Retry-After"), attempt)
            else:
                raise _refusal(image, host, status)
        raise RegistryError(f"{host} does not answer for {image}", why=f"{TRIES} tries failed", fix="run it again later")

    def _pause(self, host: str, status: int, asked: str | None, attempt: int) -> None:
        try:
            seconds = float(asked) if asked else 2.0**attempt
        except ValueError:  # a date, which would need a clock that agrees with the registry's
            seconds = 2.0**attempt
        if not 0 <= seconds <= LONGEST_WAIT_SECONDS:
            why = f"it wants {seconds:.0f} seconds of pause" if status == 429 else "it has a fault"
            raise RegistryError(f"{host} has had too many requests (HTTP {status})", why=why, fix="run it again later")
        if attempt < TRIES - 1:
            self._wait(seconds)

    def _token(self, host: str, repository: str, challenge: str) -> str:
        kind, _, rest = challenge.partition(" ")
        given = {name.lower(): value for name, value in _CHALLENGE.findall(rest)}
        if kind.lower() != "bearer" or "realm" not in given:
            raise RegistryError(f"{host} wants credentials for {repository}", fix="name a mirror that gives it to anybody")
        query = {"service": given.get("service", ""), "scope": given.get("scope") or f"repository:{repository}:pull"}
        address = given["realm"] + ("&" if "?" in given["realm"] else "?")
        url = address + urllib.parse.urlencode({name: value for name, value in query.items() if value})
        _refuse_plain(url, host)
        status, _, body = self._ask(url, host, {})
        if status != 200:
            raise RegistryError(f"{host} gives nobody a token for {repository} (HTTP {status})")
        answer = _object(body)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise RegistryError(f"{host} answered the request for a token of {repository} without one")
        return token

    def _ask(self, url: str, host: str, headers: Mapping[str, str]) -> tuple[int, Message, bytes]:
        request = urllib.request.Request(url, headers={**headers, "User-Agent": "aifactory"})  # noqa: S310 -- https, or loopback
        try:
            answer = cast("_Answer", _opener(url, host).open(request, timeout=self._timeout))
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, b""
        except (OSError, HTTPException) as error:
            raise RegistryError(f"{host} cannot be reached: {_reason(error)}", fix="--registry-mirror HOST") from None
        try:
            body = answer.read(LARGEST_MANIFEST + 1)
        except (OSError, HTTPException) as error:
            raise RegistryError(f"{host} broke off its answer: {_reason(error)}", fix="run it again") from None
        finally:
            answer.close()
        return answer.status, answer.headers, body


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a registry to its storage over TLS only, and never hands a token to another host."""

    def __init__(self, host: str) -> None:
        self._host = host

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _refuse_plain(newurl, self._host)
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and urllib.parse.urlsplit(newurl).netloc != urllib.parse.urlsplit(req.full_url).netloc:
            request.remove_header("Authorization")
        return request


def _opener(url: str, host: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_Redirects(host)]
    if _is_loopback(url):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _is_loopback(url: str) -> bool:
    return urllib.parse.urlsplit(url).hostname in _LOOPBACK


def _scheme(host: str) -> str:
    """Return how a registry is asked: over TLS, but for one on this very machine."""
    return "http" if _is_loopback(f"//{host}") else "https"


def _refuse_plain(url: str, host: str) -> None:
    if urllib.parse.urlsplit(url).scheme != "https" and not (url.startswith("http://") and _is_loopback(url)):
        raise RegistryError(f"{host} sends its clients to an address without TLS", why="anybody on the way could answer")


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__


def _refusal(image: str, host: str, status: int) -> RegistryError:
    if status == 404:
        return RegistryError(f"{host} has no {image}", why="its tag was taken away, or the mirror does not carry it")
    if status in {401, 403}:
        return RegistryError(f"{host} gives {image} only to those it knows", fix="name a mirror that gives it to anybody")
    return RegistryError(f"{host} answered HTTP {status} when it was asked for {image}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _verified(image: str, headers: Message, body: bytes) -> Found:
    """Return what was found, once the bytes are what their digest says and of a kind that is pulled by it."""
    if len(body) > LARGEST_MANIFEST:
        raise RegistryError(f"{image}: the answer is larger than any manifest")
    computed = f"sha256:{hashlib.sha256(body).hexdigest()}"
    claimed = headers.get("Docker-Content-Digest")
    if claimed and _DIGEST.fullmatch(claimed) and claimed != computed:
        raise RegistryError(
            f"{image}: the registry says {claimed} and sent {computed}",
            why="the answer was changed on its way, or broke off",
        )
    media_type = str(_object(body).get("mediaType") or headers.get_content_type())
    if media_type not in {*INDEXES, *MANIFESTS}:
        raise RegistryError(f"{image}: the registry sent {media_type}, which is no manifest that nodes pull by digest")
    return Found(computed, media_type, media_type in INDEXES)

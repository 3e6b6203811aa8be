"""Digests out of a registry: what is asked, what is believed, and what is said when there is none."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from aifactory.registry_client import LARGEST_MANIFEST, TRIES, RegistryClient, RegistryError
from tests.unit.fake_registry import INDEX, MANIFEST, FakeRegistry, Reply, digest_of, fake_registry, manifest


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as found:
        yield found


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(pauses: list[float]) -> RegistryClient:
    return RegistryClient(timeout=5, wait=pauses.append)


def said(client: RegistryClient, image: str) -> str:
    with pytest.raises(RegistryError) as caught:
        client.find(image)
    assert caught.value.exit_code == 3
    return str(caught.value)


class TestFound:
    """Prevents a digest of one architecture's image, which nodes of another could not pull by."""

    def test_of_an_image_for_several_architectures_it_is_the_index(
        self, registry: FakeRegistry, client: RegistryClient
    ) -> None:
        reply = manifest("all", INDEX)
        found = client.find(registry.has("org/image:1", reply))
        assert (found.digest, found.is_index) == (digest_of(reply.body), True)

    def test_of_an_image_for_one_it_is_the_manifest(self, registry: FakeRegistry, client: RegistryClient) -> None:
        reply = manifest("one", MANIFEST)
        found = client.find(registry.has("image:1", reply))
        assert (found.digest, found.is_index, found.media_type) == (digest_of(reply.body), False, MANIFEST)

    def test_both_are_asked_for_and_the_index_first(self, registry: FakeRegistry, client: RegistryClient) -> None:
        client.find(registry.has("image:1", manifest("x")))
        accept = registry.asked[0][1]["Accept"].split(", ")
        assert accept[0] == INDEX
        assert MANIFEST in accept

    def test_a_digest_behind_the_tag_is_left_aside(self, registry: FakeRegistry, client: RegistryClient) -> None:
        image = registry.has("image:1", manifest("x"))
        assert client.find(f"{image}@sha256:{'0' * 64}") == client.find(image)

    def test_a_registry_that_claims_no_digest_is_taken_by_its_bytes(
        self, registry: FakeRegistry, client: RegistryClient
    ) -> None:
        reply = manifest("x")
        del reply.headers["Docker-Content-Digest"]
        assert client.find(registry.has("image:1", reply)).digest == digest_of(reply.body)

    def test_what_lies_elsewhere_is_fetched_from_there(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.has("stored:1", manifest("x"))
        moved = Reply(status=307, headers={"Location": f"http://{registry.host}/v2/stored/manifests/1"})
        assert client.find(registry.has("image:1", moved)).is_index
        assert registry.paths()[-1] == "/v2/stored/manifests/1"


class TestTokens:
    """Prevents a registry that only answers with a token from counting as unreachable, and tokens in strange hands."""

    def test_the_challenge_is_followed(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.token = "very-secret"
        assert client.find(registry.has("org/image:1", manifest("x"))).is_index
        path = next(path for path in registry.paths() if path.startswith("/token"))
        assert parse_qs(urlsplit(path).query) == {"service": ["fake"], "scope": ["repository:x:pull"]}

    def test_one_token_is_enough_for_one_repository(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.token = "very-secret"
        client.find(registry.has("org/image:1", manifest("x")))
        client.find(registry.has("org/image:2", manifest("y")))
        assert sum(path.startswith("/token") for path in registry.paths()) == 1

    def test_a_token_that_is_not_taken_is_no_loop(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.token = "very-secret"
        image = registry.has("image:1", Reply(status=401, headers={"WWW-Authenticate": "Bearer realm=x"}))
        text = said(client, image)
        assert "only to those it knows" in text
        assert "very-secret" not in text
        assert len(registry.asked) < 6

    def test_another_host_does_not_get_it(self, registry: FakeRegistry, client: RegistryClient) -> None:
        with fake_registry() as storage:
            storage.has("image:1", manifest("x"))
            registry.token = "very-secret"
            moved = Reply(status=307, headers={"Location": f"http://{storage.host}/v2/image/manifests/1"})
            assert client.find(registry.has("image:1", moved)).is_index
            assert "Authorization" not in storage.asked[0][1]
            assert any("Authorization" in headers for _, headers in registry.asked)

    @pytest.mark.parametrize("challenge", ['Basic realm="x"', "", "Bearer service=x"])
    def test_credentials_are_never_sent(self, registry: FakeRegistry, client: RegistryClient, challenge: str) -> None:
        image = registry.has("image:1", Reply(status=401, headers={"WWW-Authenticate": challenge}))
        assert "wants credentials for image" in said(client, image)

    def test_a_realm_without_tls_is_not_asked(self, registry: FakeRegistry, client: RegistryClient) -> None:
        challenge = 'Bearer realm="http://auth.example.org/token",service="x"'
        image = registry.has("image:1", Reply(status=401, headers={"WWW-Authenticate": challenge}))
        assert "without TLS" in said(client, image)

    def test_an_answer_without_a_token(self, registry: FakeRegistry, client: RegistryClient) -> None:
        challenge = f'Bearer realm="http://{registry.host}/token",service="x"'
        image = registry.has("image:1", Reply(status=401, headers={"WWW-Authenticate": challenge}))
        assert "without one" in said(client, image)


class TestNotBelieved:
    """Prevents a digest of something that nobody published."""

    def test_bytes_that_are_not_what_the_registry_says(self, registry: FakeRegistry, client: RegistryClient) -> None:
        reply = manifest("x")
        reply.headers["Docker-Content-Digest"] = f"sha256:{'0' * 64}"
        text = said(client, registry.has("image:1", reply))
        assert digest_of(reply.body) in text
        assert "changed on its way" in text

    @pytest.mark.parametrize("media_type", ["text/html", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
    def test_what_is_no_manifest(self, registry: FakeRegistry, client: RegistryClient, media_type: str) -> None:
        assert media_type in said(client, registry.has("image:1", Reply(b"<html>", headers={"Content-Type": media_type})))

    def test_what_is_larger_than_any_manifest(self, registry: FakeRegistry, client: RegistryClient) -> None:
        reply = Reply(b" " * (LARGEST_MANIFEST + 1), headers={"Content-Type": MANIFEST})
        assert "larger than any manifest" in said(client, registry.has("image:1", reply))

    def test_a_redirect_to_an_address_without_tls(self, registry: FakeRegistry, client: RegistryClient) -> None:
        moved = Reply(status=307, headers={"Location": "http://storage.example.org/x"})
        assert "without TLS" in said(client, registry.has("image:1", moved))

    def test_a_name_without_a_tag(self, client: RegistryClient) -> None:
        assert "has no tag" in said(client, "127.0.0.1:1/org/image")


class TestFaults:
    """Prevents a run that hangs, gives up at once, or says nothing of which registry it was."""

    def test_nothing_of_that_name(self, registry: FakeRegistry, client: RegistryClient) -> None:
        assert f"has no {registry.host}/image:1" in said(client, f"{registry.host}/image:1")

    def test_too_many_requests_are_waited_for_as_long_as_it_says(
        self, registry: FakeRegistry, client: RegistryClient, pauses: list[float]
    ) -> None:
        busy = Reply(status=429, headers={"Retry-After": "7"})
        assert client.find(registry.has("image:1", busy, manifest("x"))).is_index
        assert pauses == [7.0]

    def test_but_not_for_ever(self, registry: FakeRegistry, client: RegistryClient, pauses: list[float]) -> None:
        text = said(client, registry.has("image:1", Reply(status=429, headers={"Retry-After": "3600"})))
        assert "3600 seconds" in text
        assert pauses == []

    def test_a_date_or_nothing_is_a_growing_pause(
        self, registry: FakeRegistry, client: RegistryClient, pauses: list[float]
    ) -> None:
        dated = Reply(status=429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
        client.find(registry.has("image:1", dated, Reply(status=503), manifest("x")))
        assert pauses == [1.0, 2.0]

    def test_a_fault_that_stays(self, registry: FakeRegistry, client: RegistryClient) -> None:
        assert f"{registry.host} does not answer" in said(client, registry.has("image:1", Reply(status=500)))
        assert len(registry.asked) == TRIES

    @pytest.mark.parametrize(("status", "words"), [(403, "only to those it knows"), (418, "HTTP 418")])
    def test_refusals(self, registry: FakeRegistry, client: RegistryClient, status: int, words: str) -> None:
        assert words in said(client, registry.has("image:1", Reply(status=status)))

    def test_nobody_there(self, client: RegistryClient) -> None:
        with fake_registry() as gone:
            host = gone.host
        text = said(client, f"{host}/image:1")
        assert f"{host} cannot be reached" in text
        assert "--registry-mirror" in text

    def test_other_registries_are_asked_over_tls(self, monkeypatch: pytest.MonkeyPatch, client: RegistryClient) -> None:
        asked: list[str] = []

        def refuse(url: str, host: str) -> object:
            asked.append(url)
            raise RegistryError(host)

        monkeypatch.setattr("aifactory.registry_client._opener", refuse)
        for image in ("ghcr.io/org/image:1", "nginx:1", "127.0.0.1.example.org/a:1"):
            said(client, image)
        assert asked == [
            "https://ghcr.io/v2/org/image/manifests/1",
            "https://registry-1.docker.io/v2/library/nginx/manifests/1",
            "https://127.0.0.1.example.org/v2/a/manifests/1",
        ]

"""Where a region's images come from: names before and after, and what is refused."""

import pytest

from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.registry import RegistrySpec, parted, unmirrored

DIGEST = "@sha256:" + "a" * 64
ONE = RegistrySpec(mirror="registry.internal:5000/cache")
EACH = RegistrySpec(mirrors={"ghcr.io": "registry.internal/ghcr", "docker.io": "registry.internal/hub"})


def refused(**values: object) -> str:
    with pytest.raises(SpecError) as caught:
        validate(RegistrySpec, values, "registry")
    return str(caught.value)


class TestOneMirror:
    """Prevents an image that is still pulled from the internet, or that is looked for under another name."""

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("ghcr.io/org/image:1", "registry.internal:5000/cache/ghcr.io/org/image:1"),
            (f"ghcr.io/org/image:1{DIGEST}", f"registry.internal:5000/cache/ghcr.io/org/image:1{DIGEST}"),
            (f"ghcr.io/org/image{DIGEST}", f"registry.internal:5000/cache/ghcr.io/org/image{DIGEST}"),
            ("nginx", "registry.internal:5000/cache/docker.io/library/nginx"),
            ("nginx:1.29", "registry.internal:5000/cache/docker.io/library/nginx:1.29"),
            (f"nginx{DIGEST}", f"registry.internal:5000/cache/docker.io/library/nginx{DIGEST}"),
            ("org/image:1", "registry.internal:5000/cache/docker.io/org/image:1"),
            ("index.docker.io/org/image:1", "registry.internal:5000/cache/docker.io/org/image:1"),
            ("localhost/image:1", "registry.internal:5000/cache/localhost/image:1"),
            ("other.internal:8443/a/b:1", "registry.internal:5000/cache/other.internal:8443/a/b:1"),
        ],
    )
    def test_the_original_host_becomes_part_of_the_path(self, image: str, expected: str) -> None:
        assert ONE.through(image) == expected

    @pytest.mark.parametrize("image", ["registry.internal:5000/cache/ghcr.io/a:1", "registry.internal:5000/own/app:1"])
    def test_what_lies_there_stays(self, image: str) -> None:
        assert ONE.through(image) == image

    def test_twice_is_once(self) -> None:
        once = ONE.through("ghcr.io/org/image:1")
        assert once
        assert ONE.through(once) == once

    def test_a_host_that_only_begins_alike_is_another(self) -> None:
        spec = RegistrySpec(mirror="registry.internal")
        assert spec.through("registry.internal.example.org/a:1") == "registry.internal/registry.internal.example.org/a:1"


class TestMirrorOfEachHost:
    """Prevents a proxy project that is asked for the images of another host."""

    def test_the_host_is_replaced(self) -> None:
        assert EACH.through("ghcr.io/org/image:1") == "registry.internal/ghcr/org/image:1"
        assert EACH.through("nginx:1.29") == "registry.internal/hub/library/nginx:1.29"

    def test_a_host_without_one_may_not_be_pulled_from(self) -> None:
        assert EACH.through("quay.io/org/image:1") is None
        assert EACH.prefix("quay.io") is None

    def test_unless_that_is_allowed(self) -> None:
        spec = EACH.model_copy(update={"only": False})
        assert spec.through("quay.io/org/image:1") == "quay.io/org/image:1"

    def test_the_rest_goes_to_the_one_mirror_when_there_are_both(self) -> None:
        spec = EACH.model_copy(update={"mirror": "cache.internal"})
        assert spec.through("quay.io/org/image:1") == "cache.internal/quay.io/org/image:1"
        assert spec.through("ghcr.io/org/image:1") == "registry.internal/ghcr/org/image:1"
        assert spec.hosts == {"registry.internal", "cache.internal"}

    def test_those_that_may_not_be_pulled_are_named(self) -> None:
        assert unmirrored(EACH, {"a": "ghcr.io/x:1", "b": "quay.io/y:1"}) == {"b": "quay.io/y:1"}


class TestPullSecretOnly:
    """Prevents a region that has credentials and no mirror from pulling nothing at all."""

    def test_images_stay_where_they_are(self) -> None:
        spec = RegistrySpec(pull_secret="registry")
        assert spec.through("ghcr.io/org/image:1") == "ghcr.io/org/image:1"
        assert spec.through("nginx") == "nginx"
        assert spec.hosts == frozenset()


class TestRefused:
    """Prevents credentials in factory.yaml, and places that nodes would read as something else."""

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("https://registry.internal", "without a scheme"),
            ("registry.internal/ghcr:1", "without a tag"),
            ("registry.internal/", "without / at the end"),
            ("Registry.internal", "lower case"),
            ("registry.internal//x", "host[:port][/path]"),
            ("registry", "dot or a port"),
            ("registry/path", "dot or a port"),
        ],
    )
    def test_places(self, value: str, said: str) -> None:
        assert said in refused(mirror=value)
        assert said in refused(mirrors={"ghcr.io": value})

    @pytest.mark.parametrize("value", ["user:hunter2@registry.internal", "https://user:hunter2@registry.internal/x"])
    def test_credentials(self, value: str) -> None:
        for text in (refused(mirror=value), refused(mirrors={"ghcr.io": value})):
            assert "no credentials" in text
            assert "hunter2" not in text

    @pytest.mark.parametrize("host", ["https://ghcr.io", "ghcr.io/org", "ghcr", "GHCR.io"])
    def test_hosts(self, host: str) -> None:
        assert "must be the host of a registry" in refused(mirrors={host: "registry.internal/ghcr"})

    def test_another_name_of_docker_hub(self) -> None:
        assert "docker.io" in refused(mirrors={"index.docker.io": "registry.internal/hub"})

    def test_nothing_at_all(self) -> None:
        assert "needs mirror, mirrors or pull_secret" in refused()

    @pytest.mark.parametrize("name", ["Registry", "a/b", ""])
    def test_names_of_secrets(self, name: str) -> None:
        assert "pull_secret" in refused(mirror="registry.internal", pull_secret=name)


class TestParts:
    """Prevents a path of Docker Hub that is taken for a host."""

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("nginx", ("docker.io", "library/nginx")),
            ("org/nginx:1", ("docker.io", "org/nginx:1")),
            ("docker.io/nginx:1", ("docker.io", "library/nginx:1")),
            ("ghcr.io/nginx:1", ("ghcr.io", "nginx:1")),
            ("localhost:5000/nginx", ("localhost:5000", "nginx")),
        ],
    )
    def test_host_and_path(self, image: str, expected: tuple[str, str]) -> None:
        assert parted(image) == expected

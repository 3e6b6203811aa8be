"""`aifactory catalog pin` against a real registry: what it reads, what it writes, and what it says when it cannot."""

import hashlib
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from aifactory.catalog import Release
from aifactory.catalog.pinning import catalog_images
from aifactory.catalog_commands import catalog
from aifactory.registry_client import RegistryClient, RegistryError
from aifactory.render.chart_digests import digest_values
from tests.engine.support.real_registry import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX,
    MANIFEST,
    RealRegistry,
    digest_of,
    registry_program,
    running,
)

pytestmark = pytest.mark.engine

ARCHITECTURES = ("amd64", "arm64")
FILES = ("images.yaml", "gpu_operands.yaml", "releases.yaml")
MOVED, WRONG_REGISTRY = 1, 3


@pytest.fixture(scope="module")
def program(paths, reporter) -> Path:
    return registry_program(paths, reporter)


@pytest.fixture(scope="module")
def registry(program, tmp_path_factory) -> Iterator[RealRegistry]:
    """One that gives to anybody."""
    with running(program, tmp_path_factory.mktemp("open")) as found:
        yield found


@pytest.fixture(scope="module")
def private(program, tmp_path_factory) -> Iterator[RealRegistry]:
    """One that asks for a password."""
    with running(program, tmp_path_factory.mktemp("private"), passwords=True) as found:
        yield found


@pytest.fixture
def folder(tmp_path) -> Path:
    with as_file(files("aifactory.catalog")) as source:
        for name in FILES:
            shutil.copy(source / name, tmp_path)
    return tmp_path


def pin(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(catalog)
    done = CliRunner().invoke(app, ["catalog", "pin", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def reference(name: str) -> str:
    (found,) = [image.reference for image in catalog_images() if image.name == name]
    return found


def contents(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in FILES}


def release(folder: Path, name: str) -> Release:
    return Release.model_validate(yaml.safe_load((folder / "releases.yaml").read_text())[name])


class TestDigests:
    """Prevents a digest by which no node can pull, or by which nodes of one architecture only can."""

    @pytest.mark.parametrize("media_type", [INDEX, DOCKER_LIST], ids=["oci", "docker"])
    def test_of_an_image_for_several_architectures_it_is_the_index(self, registry, media_type):
        image = f"several/{hashlib.sha256(media_type.encode()).hexdigest()[:8]}:v1"
        wanted = registry.push_index(image, ARCHITECTURES, media_type)
        found = RegistryClient().find(f"{registry.host}/{image}")
        assert (found.digest, found.is_index, found.media_type) == (wanted, True, media_type)
        path = image.partition(":")[0]
        assert digest_of(registry.manifest(f"{path}@{found.digest}")) == found.digest
        assert {RegistryClient().find(f"{registry.host}/{image}-{each}").is_index for each in ARCHITECTURES} == {False}

    @pytest.mark.parametrize("media_type", [MANIFEST, DOCKER_MANIFEST], ids=["oci", "docker"])
    def test_of_an_image_for_one_it_is_the_manifest(self, registry, media_type):
        image = f"single/{hashlib.sha256(media_type.encode()).hexdigest()[:8]}:v1"
        wanted = registry.push(image, media_type=media_type)
        found = RegistryClient().find(f"{registry.host}/{image}")
        assert (found.digest, found.is_index, found.media_type) == (wanted, False, media_type)


class TestPin:
    """Prevents a catalog that says another image than the registry has, or says it by half."""

    def test_the_catalog_is_filled_and_charts_get_it(self, registry, folder):
        image = reference("kueue/kueue")
        wanted = registry.push_index(f"cache/{image}", ARCHITECTURES)
        before = contents(folder)
        code, text = pin(
            "--image", "kueue/kueue", "--registry-mirror", f"{registry.host}/cache", "--write", "--catalog", folder
        )
        assert (code, wanted in text) == (0, True), text
        after = contents(folder)
        assert after == before | {"releases.yaml": before["releases.yaml"].replace(image, f"{image}@{wanted}")}
        values = digest_values("kueue", release(folder, "kueue").images)
        assert values["controllerManager"]["manager"]["image"]["tag"] == f"{image.rpartition(':')[2]}@{wanted}"

    def test_a_mirror_of_one_host(self, registry, folder):
        wanted = registry.push(f"k8s/{reference('leaderworkerset/lws').partition('/')[2]}")
        code, text = pin(
            "--image", "leaderworkerset/lws", "--registry-mirror", f"registry.k8s.io={registry.host}/k8s",
            "--write", "--catalog", folder,
        )  # fmt: skip
        assert code == 0, text
        assert release(folder, "leaderworkerset").images == (f"{reference('leaderworkerset/lws')}@{wanted}",)

    def test_without_write_nothing_is_written(self, registry, folder):
        registry.push(f"look/{reference('keda/keda')}")
        before = contents(folder)
        assert pin("--image", "keda/keda", "--registry-mirror", f"{registry.host}/look", "--catalog", folder)[0] == 0
        assert contents(folder) == before

    def test_a_tag_that_has_moved_is_told_and_never_written(self, registry, folder, monkeypatch):
        name = "jobset/jobset"
        wanted = registry.push(f"moves/{reference(name)}", "first")
        (image,) = [found for found in catalog_images() if found.name == name]
        pinned = type(image)(image.name, image.reference, wanted, image.used_by, image.file, image.key)
        monkeypatch.setattr("aifactory.catalog_commands.catalog_images", lambda: (pinned,))
        options = ("--registry-mirror", f"{registry.host}/moves", "--write", "--catalog", folder)
        assert pin(*options)[0] == 0
        before = contents(folder)
        now = registry.push(f"moves/{reference(name)}", "second")
        code, text = pin(*options)
        assert code == MOVED
        assert wanted in text
        assert now in text
        assert contents(folder) == before


class TestWords:
    """Prevents a catalog that is pinned by half, and a failure of which nobody knows whose it is."""

    def failed(self, folder: Path, *arguments: object) -> str:
        before = contents(folder)
        code, text = pin("--image", "kueue/kueue", "--write", "--catalog", folder, *arguments)
        assert code == WRONG_REGISTRY, text
        assert contents(folder) == before
        return text

    def test_a_tag_that_is_not_there(self, registry, folder):
        place = f"{registry.host}/nowhere"
        text = self.failed(folder, "--registry-mirror", place)
        assert f"{registry.host} has no {place}/{reference('kueue/kueue')}" in text

    def test_one_of_two_is_missing(self, registry, folder):
        registry.push(f"half/{reference('kueue/kueue')}")
        text = self.failed(folder, "--image", "keda/keda", "--registry-mirror", f"{registry.host}/half")
        assert "keda/keda" in text

    def test_a_host_at_which_nobody_answers(self, program, folder, tmp_path):
        with running(program, tmp_path / "gone") as gone:
            host = gone.host
        assert f"{host} cannot be reached" in self.failed(folder, "--registry-mirror", host)

    def test_a_registry_that_asks_for_a_password(self, private, folder):
        private.push(f"cache/{reference('kueue/kueue')}")
        text = self.failed(folder, "--registry-mirror", f"{private.host}/cache")
        assert f"{private.host} wants credentials for cache/registry.k8s.io/kueue/kueue" in text

    def test_a_registry_without_tls_that_is_not_this_very_machine(self, program, folder, tmp_path):
        with running(program, tmp_path / "plain", address="127.0.0.2") as plain:
            plain.push(f"cache/{reference('kueue/kueue')}")
            text = self.failed(folder, "--registry-mirror", f"{plain.host}/cache")
        assert f"{plain.host} cannot be reached" in text
        assert "SSL" in text


class TestTls:
    """Prevents a digest from whoever stands between, and a site's own authority that is not believed."""

    def test_a_certificate_that_nobody_vouches_for_and_one_that_the_site_does(self, program, folder, tmp_path, monkeypatch):
        image = reference("kueue/kueue")
        place = tmp_path / "tls"
        with running(program, place, address="127.0.0.2", tls=True) as registry:
            with pytest.raises(RegistryError, match="certificate verify failed"):
                RegistryClient().find(f"{registry.host}/cache/{image}")
            # OpenSSL's own variable, by which a site's authority is believed on a machine.
            monkeypatch.setenv("SSL_CERT_FILE", str(place / "tls.crt"))
            wanted = registry.push_index(f"cache/{image}", ARCHITECTURES)
            assert RegistryClient().find(f"{registry.host}/cache/{image}").digest == wanted
            code, text = pin("--image", "kueue/kueue", "--registry-mirror", f"{registry.host}/cache", "--catalog", folder)
        assert code == 0, text

import stat
from pathlib import Path

import pytest

from aifactory.errors import SpecError
from aifactory.local.paths import CACHE_VARIABLE, Paths


class TestWhereTheCacheIs:
    """Prevents twenty minutes of building from landing where the user did not say, or in the working directory."""

    def test_the_variable_wins(self, tmp_path: Path) -> None:
        assert Paths.default({CACHE_VARIABLE: str(tmp_path / "c")}).tools == tmp_path / "c" / "tools"

    def test_an_empty_variable_counts_as_unset(self) -> None:
        assert Paths.default({CACHE_VARIABLE: ""}).cache == Paths.default({}).cache
        assert Paths.default({}).cache.name == "aifactory"

    def test_a_relative_path_is_fixed_at_once_so_that_a_change_of_directory_moves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        found = Paths.default({CACHE_VARIABLE: "cache"})
        monkeypatch.chdir("/")
        assert found.cache == tmp_path / "cache"

    def test_a_tilde_is_the_home_directory(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert Paths.default({CACHE_VARIABLE: "~/x"}).cache == tmp_path / "x"

    def test_nothing_is_made_by_asking(self, tmp_path: Path) -> None:
        Paths.at(tmp_path / "cache").instance("local")
        assert list(tmp_path.iterdir()) == []


class TestNamesOfInstances:
    """Prevents a name from deleting somebody's home with ``down --purge``, or from being refused by Kubernetes later."""

    @pytest.mark.parametrize("name", ["local", "a", "test-123", "9", "a" * 40])
    def test_dns_labels_are_taken(self, name: str, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance(name)
        assert instance.root == tmp_path / "local" / name

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../x", "a/b", "/etc", "Local", "a_b", "-a", "a-", "a" * 41, "a\n", "ä"]
    )
    def test_anything_else_is_refused_by_name(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(SpecError) as caught:
            Paths.at(tmp_path).instance(name)
        assert repr(name) in str(caught.value)
        assert "DNS label" in str(caught.value)

    def test_the_nearest_name_that_works_is_offered(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError) as caught:
            Paths.at(tmp_path).instance("My Region_1")
        nearest = caught.value.problems[0].nearest
        assert nearest == "my-region-1"
        assert Paths.at(tmp_path).instance(nearest).name == nearest


class TestDirectoriesOfAnInstance:
    """Prevents keys, state and kubeconfig from being readable by other users of the machine."""

    def test_every_directory_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("local")
        instance.create()
        for directory in (instance.root, instance.data, instance.pki, instance.logs, instance.run):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_a_mode_that_was_loosened_is_set_again(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("local")
        instance.create()
        instance.pki.chmod(0o755)
        (instance.pki / "kept").touch()
        instance.create()
        assert stat.S_IMODE(instance.pki.stat().st_mode) == 0o700
        assert (instance.pki / "kept").exists()

    def test_everything_of_it_lies_within_its_root(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("local")
        inside = (instance.kubeconfig, instance.pulumi_home, instance.backend, instance.passphrase_file)
        assert all(path.parent == instance.root for path in inside)

    def test_the_lock_outlives_a_purge(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("local")
        assert instance.root not in instance.lock.parents
        assert instance.lock != Paths.at(tmp_path).instance("other").lock

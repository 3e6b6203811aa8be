"""Stack settings follow factory.yaml, and a stack that says something else is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.errors import SpecError
from aifactory.model import FactorySpec, StateSpec, parse_factory
from aifactory.stack_settings import (
    InUse,
    derive,
    disagreements,
    dump,
    in_use,
    is_secret,
    read,
    require_agreement,
    settings_file,
    state_disagreements,
    write,
)
from tests.unit.factories import factory, factory_text, factory_values

SALT = {"encryptionsalt": "v1:abc"}
SECRET = {"aifactory:registry": {"secure": "v1:xyz"}}


def cloud_factory(secrets_provider: str = "awskms://alias/eu?region=eu-central-1") -> FactorySpec:
    values = factory_values(
        site={"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
        cluster={"kind": "existing", "context": "lab"},
        access={"kind": "runner"},
        state={"backend": "s3://state-eu", "secrets_provider": secrets_provider},
    )
    return parse_factory(yaml.safe_dump(values))


class TestDerive:
    """Prevents settings that lose a secret, or that hold a second truth about the region."""

    def test_they_name_factory_and_region_and_forbid_default_providers(self) -> None:
        config = derive(factory(), "here")["config"]
        assert config["aifactory:factory"] == "demo"
        assert config["aifactory:region"] == "here"
        assert "kubernetes" in config["pulumi:disable-default-providers"]

    def test_secrets_and_pulumis_own_keys_stay(self) -> None:
        derived = derive(factory(), "here", SALT | {"config": SECRET | {"aifactory:region": "old"}})
        assert derived["encryptionsalt"] == "v1:abc"
        assert derived["config"]["aifactory:registry"] == {"secure": "v1:xyz"}
        assert derived["config"]["aifactory:region"] == "here"

    def test_what_is_no_secret_goes(self) -> None:
        assert "aifactory:replicas" not in derive(factory(), "here", {"config": {"aifactory:replicas": 3}})["config"]

    def test_a_key_of_ones_own_is_named_and_a_passphrase_is_not(self) -> None:
        assert derive(cloud_factory(), "here")["secretsprovider"].startswith("awskms://")
        assert "secretsprovider" not in derive(factory(), "here")

    def test_an_unknown_region_names_the_near_one(self) -> None:
        with pytest.raises(SpecError, match="use here"):
            derive(factory(), "hre")

    @pytest.mark.parametrize(
        ("value", "secret"),
        [
            ({"secure": "x"}, True),
            ({"a": [{"secure": "x"}]}, True),
            ({"secure": "x", "other": 1}, False),
            ("secure", False),
            ([1], False),
        ],
    )
    def test_what_counts_as_a_secret(self, value: Any, secret: bool) -> None:
        assert is_secret(value) is secret


class TestWrite:
    """Prevents a derived file that changes on every run, or one that is half written."""

    def test_it_is_written_once_and_then_agrees(self, tmp_path: Path) -> None:
        file, changed = write(tmp_path, factory(), "here")
        assert (file, changed) == (tmp_path / "Pulumi.here.yaml", True)
        assert write(tmp_path, factory(), "here") == (file, False)
        assert not disagreements(factory(), "here", read(file))
        assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.here.yaml"]

    def test_a_file_that_pulumi_wrote_anew_counts_as_unchanged(self, tmp_path: Path) -> None:
        file, _ = write(tmp_path, factory(), "here")
        file.write_text(yaml.safe_dump(read(file) | SALT, indent=4))
        assert write(tmp_path, factory(), "here")[1] is False

    def test_the_text_says_where_it_comes_from(self) -> None:
        assert "aifactory region add here" in dump(derive(factory(), "here"), "here")

    @pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\t- x"])
    def test_a_file_that_is_no_mapping_is_refused(self, tmp_path: Path, text: str) -> None:
        settings_file(tmp_path, "here").write_text(text)
        with pytest.raises(SpecError, match=r"Pulumi\.here\.yaml"):
            write(tmp_path, factory(), "here")
        assert settings_file(tmp_path, "here").read_text() == text, "what was there is lost"


class TestDisagreements:
    """Prevents a stack that is one region by its name and another by its settings."""

    def found(self, config: dict[str, Any]) -> dict[str, Any]:
        base = derive(factory(), "here")["config"]
        return {p.where: p for p in disagreements(factory(), "here", {"config": base | config})}

    def test_derived_settings_agree(self) -> None:
        assert not self.found(SECRET)

    @pytest.mark.parametrize(
        ("config", "place", "nearest"),
        [
            ({"aifactory:factory": "other"}, "aifactory:factory", "demo"),
            ({"aifactory:region": "there"}, "aifactory:region", "here"),
            (
                {"pulumi:disable-default-providers": []},
                "pulumi:disable-default-providers",
                "[aws, azure-native, kubernetes]",
            ),
            ({"aifactory:replicas": 3}, "aifactory:replicas", "the field of factory.yaml that decides it"),
            ({"kubernetes:context": "prod"}, "kubernetes:context", "the field of factory.yaml that decides it"),
        ],
    )
    def test_each_is_named(self, config: dict[str, Any], place: str, nearest: str) -> None:
        found = self.found(config)
        assert set(found) == {place}
        assert found[place].nearest == nearest

    def test_all_that_is_missing_is_named_at_once(self) -> None:
        assert len(disagreements(factory(), "here", {})) == 3


class TestInUse:
    """Prevents state, with every secret of a region in it, from going to the backend that a shell happens to name."""

    def test_the_environment_wins_over_the_project_and_the_login(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.yaml").write_text("name: x\nbackend: {url: s3://project}\n")
        (tmp_path / "credentials.json").write_text('{"current": "s3://login"}')
        home = {"PULUMI_HOME": str(tmp_path)}
        assert in_use(tmp_path, SALT, home | {"PULUMI_BACKEND_URL": "s3://shell"}).backend == "s3://shell"
        assert in_use(tmp_path, SALT, home).backend == "s3://project"
        (tmp_path / "Pulumi.yaml").write_text("name: x\n")
        assert in_use(tmp_path, SALT, home).backend == "s3://login"

    @pytest.mark.parametrize("text", ["", "[]", "{", "null"])
    def test_a_login_that_cannot_be_read_is_unknown(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "credentials.json").write_text(text)
        assert in_use(tmp_path, SALT, {"PULUMI_HOME": str(tmp_path)}) == InUse("", "passphrase")

    @pytest.mark.parametrize(
        ("settings", "backend", "provider"),
        [
            (SALT, "s3://b", "passphrase"),
            ({"secretsprovider": "awskms://k", "encryptedkey": "x"}, "s3://b", "awskms://k"),
            ({}, "https://pulumi.internal", "default"),
            ({}, "s3://b", ""),
        ],
    )
    def test_the_secrets_provider(self, tmp_path: Path, settings: Any, backend: str, provider: str) -> None:
        assert in_use(tmp_path, settings, {"PULUMI_BACKEND_URL": backend}).secrets_provider == provider

    @pytest.mark.parametrize(
        ("backend", "used", "fits"),
        [
            ("local", "file:///cache/state", True),
            ("local", "s3://state", False),
            ("s3://state-eu", "s3://state-eu", True),
            ("s3://state-eu", "s3://state-eu-2", False),
            ("s3://state-eu", "s3://state-eu?endpoint=elsewhere", False),
            ("s3://state-eu", "", False),
        ],
    )
    def test_the_backend_is_the_declared_one_to_the_letter(self, backend: str, used: str, fits: bool) -> None:
        state = StateSpec(backend=backend, secrets_provider="passphrase")
        found = state_disagreements(state, InUse(used, "passphrase"))
        assert (not found) is fits
        if not fits:
            assert found[0].where == "state.backend"

    def test_somebody_elses_key_is_refused(self) -> None:
        state = StateSpec(backend="s3://b", secrets_provider="awskms://ours")
        found = state_disagreements(state, InUse("s3://b", "awskms://theirs"))
        assert "change-secrets-provider awskms://ours" in found[0].nearest


class TestRequireAgreement:
    """Prevents a program that goes on with a stack that nobody described."""

    def environment(self, backend: str = "file:///x") -> dict[str, str]:
        return {"PULUMI_BACKEND_URL": backend}

    def test_a_derived_stack_with_its_salt_may_go_on(self, tmp_path: Path) -> None:
        file, _ = write(tmp_path, factory(), "here")
        file.write_text(yaml.safe_dump(read(file) | SALT))
        require_agreement(factory(), "here", stacks=tmp_path, environment=self.environment())

    def test_settings_elsewhere_are_found_by_the_option_of_the_command(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "private.yaml"
        elsewhere.write_text(yaml.safe_dump(derive(factory(), "here", SALT)))
        environment = self.environment() | {"PULUMI_OPTION_CONFIG_FILE": str(elsewhere)}
        require_agreement(factory(), "here", stacks=tmp_path / "none", environment=environment)

    def test_without_settings_it_is_refused_with_the_command_that_makes_them(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="aifactory region add here"):
            require_agreement(factory(), "here", stacks=tmp_path, environment=self.environment())

    def test_everything_that_disagrees_is_said_at_once(self, tmp_path: Path) -> None:
        settings_file(tmp_path, "here").write_text(yaml.safe_dump({"config": {"aifactory:region": "there"}}))
        with pytest.raises(SpecError) as caught:
            require_agreement(factory(), "here", stacks=tmp_path, environment=self.environment("s3://foreign"))
        places = [problem.where for problem in caught.value.problems]
        assert places == [
            "aifactory:factory",
            "aifactory:region",
            "pulumi:disable-default-providers",
            "state.backend",
            "state.secrets_provider",
        ]


def test_the_text_of_the_small_factory_is_the_one_that_is_parsed() -> None:
    assert yaml.safe_load(factory_text()) == factory_values()

"""`aifactory operators upgrades`: what it says, and with which exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from aifactory.model.operators import OperatorSpec
from aifactory.upgrade_command import upgrades, upgrades_report, upgrades_text

REFERENCE = Path(__file__).parents[2] / "stacks" / "factory.yaml"


def operators(**modes: Any) -> dict[str, OperatorSpec]:
    found = {key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in modes.items()}
    return {name: OperatorSpec.model_validate(spec) for name, spec in found.items()}


class TestReport:
    """Prevents an upgrade that nobody is told of."""

    def test_each_that_we_install_has_a_line_in_alphabetical_order(self) -> None:
        wanted = operators(kueue="helm", cloudnative_pg="helm", keda="adopt", cert_manager="olm", kubevirt="manifests")
        lines = upgrades_report(wanted, {"kueue": "0.19.1", "kubevirt": "1.7.0"})
        assert [(line.operator, line.installed, line.verdict) for line in lines] == [
            ("cloudnative-pg", None, "new"),
            ("kubevirt", "1.7.0", "blocked"),
            ("kueue", "0.19.1", "safe"),
        ]
        assert [line.holds_up for line in lines] == [False, True, False]

    def test_steps_are_told_one_a_line(self) -> None:
        (line,) = upgrades_report(operators(kueue="helm"), {"kueue": "0.16.2"})
        text = upgrades_text(line)
        assert text.startswith("kueue: 0.16.2 -> 0.19.2: manual: ")
        assert "\n  1. run hack/migrate-to-v1beta2.sh" in text
        assert text.endswith("then write `upgraded_from: 0.16.2` under kueue in factory.yaml")

    def test_done_steps_hold_nothing_up(self) -> None:
        done = operators(kueue={"install": "helm", "upgraded_from": "0.16.2"})
        (line,) = upgrades_report(done, {"kueue": "0.16.2"})
        assert (line.done, line.holds_up) == (True, False)
        assert "manual, done" in upgrades_text(line)
        assert "upgraded_from" not in upgrades_text(line)

    def test_the_version_between_is_told(self) -> None:
        (line,) = upgrades_report(operators(kueue="helm"), {"kueue": "0.15.0"})
        assert "first to 0.16, by the instructions of its project" in upgrades_text(line)

    def test_one_that_stays_names_its_version_once(self) -> None:
        (line,) = upgrades_report(operators(kueue="helm"), {"kueue": "0.19.2"})
        assert upgrades_text(line) == "kueue: 0.19.2: safe: it is that version already"


class TestCommand:
    """Prevents a pipeline that goes on where a person is needed."""

    @pytest.fixture
    def factory(self, tmp_path: Path) -> Path:
        document = yaml.safe_load(REFERENCE.read_text(encoding="utf-8"))
        document["regions"] = {"local": document["regions"]["local"]}
        document["regions"]["local"]["cluster"] = {"kind": "existing", "context": "lab"}
        document["regions"]["local"]["site"] = {
            "provider": "on-prem",
            "location": "hall-2",
            "country": "DE",
            "operator": "self",
        }
        state = {"backend": "s3://state?region=eu-central-1", "secrets_provider": "awskms:///key"}
        document["regions"]["local"] |= {"state": state, "access": {"kind": "runner"}}
        document["regions"]["local"]["operators"]["kueue"] = {"install": "helm"}
        file = tmp_path / "factory.yaml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    def installed(self, factory: Path, kueue: str) -> None:
        facts = {
            "factory": "demo",
            "region": "local",
            "simulated": True,
            "site": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
            "profiles": [],
            "operators": {"kueue": kueue},
            "databases": {},
            "models": {},
        }
        (factory.parent / "facts").mkdir()
        (factory.parent / "facts" / "local.json").write_text(json.dumps(facts), encoding="utf-8")

    def run(self, factory: Path, *more: str) -> Result:
        app = typer.Typer()
        app.command()(upgrades)
        return CliRunner().invoke(app, ["--factory", str(factory), *more])

    def test_before_the_first_up_everything_is_new(self, factory: Path) -> None:
        ran = self.run(factory)
        assert ran.exit_code == 0, ran.output
        assert "kueue: not there -> 0.19.2: new" in ran.output

    @pytest.mark.parametrize(
        ("version", "code"), [("0.19.2", 0), ("0.19.1", 0), ("0.18.0", 1), ("0.15.0", 1), ("0.20.0", 1)]
    )
    def test_exit_codes(self, factory: Path, version: str, code: int) -> None:
        self.installed(factory, version)
        assert self.run(factory, "--region", "local").exit_code == code

    def test_json_says_the_same(self, factory: Path) -> None:
        self.installed(factory, "0.18.0")
        ran = self.run(factory, "--format", "json")
        (line,) = [row for row in json.loads(ran.stdout)["local"] if row["operator"] == "kueue"]
        assert (line["installed"], line["wanted"], line["verdict"], len(line["steps"])) == ("0.18.0", "0.19.2", "manual", 4)
        assert ran.exit_code == 1

    def test_wrong_facts_are_an_error_in_words(self, factory: Path) -> None:
        self.installed(factory, "0.18.0")
        (factory.parent / "facts" / "local.json").write_text("{}", encoding="utf-8")
        assert self.run(factory).exit_code == 2

    def test_an_unknown_region_is_an_error_in_words(self, factory: Path) -> None:
        assert self.run(factory, "--region", "nowhere").exit_code == 2

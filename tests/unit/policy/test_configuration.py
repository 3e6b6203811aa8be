"""Which rules hold: from the configuration, from a factory, or from nobody, which is denied."""

from datetime import date

import pytest
import yaml

from aifactory.errors import SpecError
from aifactory.policy.configuration import rules_of
from tests.unit.policy.harness import Pack
from tests.unit.policy.strict import config, profile

TODAY = date(2026, 11, 22)

FACTORY = {
    "version": 1,
    "name": "demo",
    "data_classes": {"customers": {"description": "who our customers are", "personal": True}},
    "profiles": {"strict": profile("residency")},
    "regions": {
        "prod": {
            "site": {"provider": "on-prem", "location": "berlin", "country": "DE", "operator": "self"},
            "profiles": ["strict"],
            "state": {"backend": "file:///var/pulumi", "secrets_provider": "passphrase"},
            "cluster": {"kind": "existing", "context": "prod"},
            "access": {"kind": "runner", "countries": ["DE"]},
        }
    },
}


@pytest.fixture
def project(tmp_path):
    """A project whose factory has a region of the stack's name."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "factory.yaml").write_text(yaml.safe_dump(FACTORY))
    return tmp_path


class TestNobodySaid:
    """Prevents a stack of which nobody said anything from passing."""

    def test_it_is_denied_with_the_words_to_write(self, tmp_path):
        pack = Pack(tmp_path, settings={})
        first, second = pack.judge("aws:s3/bucket:Bucket")[0], pack.judge("aws:s3/bucket:Bucket")[0]
        assert '{"sovereignty": {"profiles": ["eu-gdpr"]}}' in first[0]
        assert "as said before" in second[0]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"profiles": ["eu-gdrp"]}, "use eu-gdpr"),
            ({"profile": ["eu-gdpr"]}, "profile"),
            ({"profiles": ["none"], "as_of": "yesterday"}, "as_of"),
            ({"factory": "nowhere.yaml"}, "nowhere.yaml"),
        ],
    )
    def test_what_is_said_wrong_is_an_error(self, tmp_path, given, said):
        with pytest.raises(SpecError, match=said):
            rules_of(given, "prod", tmp_path, TODAY)


class TestFactory:
    """Prevents a region's stack from being judged by other rules than its factory.yaml."""

    def test_the_stack_is_the_region_of_its_name(self, project):
        for place in (project, project / "stacks"):
            rules = rules_of({}, "prod", place, TODAY)
            assert [stated.name for stated in rules.statements] == ["strict/residency"]
            assert rules.setting.place.country == "DE"
            assert rules.setting.administrators == ("DE",)
            assert rules.setting.classes == {"customers"}

    def test_another_name_has_to_be_said(self, project):
        with pytest.raises(SpecError, match="no such region"):
            rules_of({}, "staging", project, TODAY)
        assert rules_of({"region": "prod"}, "staging", project, TODAY).region == "prod"
        own = rules_of({"profiles": ["strict"]}, "staging", project, TODAY)
        assert (own.region, len(own.statements), own.setting.place.country) == ("staging", 1, None)

    def test_the_configuration_goes_before_the_factory(self, project):
        assert rules_of({"profiles": ["none"]}, "prod", project, TODAY).statements == ()

    def test_a_factory_above_the_project_is_somebody_elses(self, project):
        inner = project / "other"
        inner.mkdir()
        (inner / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
        with pytest.raises(SpecError, match="nobody said which rules hold"):
            rules_of({}, "prod", inner, TODAY)

    def test_a_factory_elsewhere_is_named(self, project, tmp_path_factory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        path = str(project / "stacks" / "factory.yaml")
        assert rules_of({"factory": path}, "prod", elsewhere, TODAY).region == "prod"


class TestClock:
    """Prevents a verdict that depends on when it was asked for, where somebody said a day."""

    def test_the_day_is_that_which_was_said(self, tmp_path):
        assert rules_of(config() | {"as_of": "2026-01-25"}, "prod", tmp_path, TODAY).world.on == date(2026, 1, 25)

    def test_else_it_is_today(self, tmp_path):
        given = config()
        del given["as_of"]
        assert rules_of(given, "prod", tmp_path, TODAY).world.on == TODAY

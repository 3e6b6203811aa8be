"""Which mode is proposed for an operator."""

import pytest

from aifactory.catalog import releases
from aifactory.errors import SpecError
from aifactory.model.install_choice import Platform, default_install
from aifactory.model.operators import InstallMode, modes_of

EVERY = [(name, platform) for name in releases() for platform in Platform]


class TestDefaultInstall:
    """Prevents a proposal that cannot be carried out, and a chart where the vendor's build is the supported one."""

    @pytest.mark.parametrize(("name", "platform"), EVERY)
    def test_what_is_proposed_can_be_carried_out(self, name: str, platform: Platform) -> None:
        assert default_install(name, platform).value in modes_of(releases()[name])

    @pytest.mark.parametrize("name", releases())
    def test_olm_is_never_proposed_outside_of_openshift(self, name: str) -> None:
        assert default_install(name, Platform.KUBERNETES) is not InstallMode.OLM

    @pytest.mark.parametrize("name", [name for name, release in releases().items() if "olm" in release.install])
    def test_on_openshift_the_vendors_build_comes_first(self, name: str) -> None:
        assert default_install(name, Platform.OPENSHIFT) is InstallMode.OLM

    @pytest.mark.parametrize("name", ["gpu-operator", "cert-manager", "node-feature-discovery", "kueue", "leaderworkerset"])
    def test_the_same_operator_comes_by_its_chart_elsewhere(self, name: str) -> None:
        assert default_install(name, "kubernetes") is InstallMode.HELM

    @pytest.mark.parametrize("name", ["cloudnative-pg", "barman-cloud", "kserve"])
    def test_without_a_package_a_chart_serves_on_openshift_too(self, name: str) -> None:
        assert default_install(name, "openshift") is InstallMode.HELM

    @pytest.mark.parametrize("name", ["kubevirt", "cdi"])
    def test_what_does_not_run_on_openshift_is_not_installed_there(self, name: str) -> None:
        """OpenShift Virtualization brings its own builds of both."""
        assert default_install(name, "openshift") is InstallMode.ADOPT

    @pytest.mark.parametrize("name", ["hyperconverged", "openshift-ai", "connectivity-link"])
    def test_what_runs_on_openshift_alone_is_not_installed_elsewhere(self, name: str) -> None:
        assert default_install(name, "kubernetes") is InstallMode.ADOPT

    def test_what_nothing_here_installs_is_adopted(self) -> None:
        assert default_install("gateway-api", "kubernetes") is InstallMode.ADOPT

    def test_wrong_names_are_refused_all_at_once_with_the_nearest(self) -> None:
        with pytest.raises(SpecError) as caught:
            default_install("gpu-operatr", "openshft")
        found = {problem.where: problem.nearest for problem in caught.value.problems}
        assert found == {"operator": "gpu-operator", "platform": "openshift"}

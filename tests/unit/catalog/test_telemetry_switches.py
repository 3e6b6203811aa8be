"""Software that reports to its makers."""

import pytest
from pydantic import ValidationError

from aifactory.catalog import images
from aifactory.catalog.telemetry_switch import TelemetrySwitch, telemetry_switches
from aifactory.model.registry import parted
from aifactory.render.inference.workload import OFFLINE


class TestSwitches:
    """Prevents a fact that nobody read, and an image of ours that reports because nobody knew."""

    def test_each_has_a_source_and_no_host(self) -> None:
        for switch in telemetry_switches().values():
            assert len(switch.source) > 10
            assert not any("." in path.partition("/")[0] for path in switch.images)

    def test_no_two_programs_share_an_image(self) -> None:
        paths = [path for switch in telemetry_switches().values() for path in switch.images]
        assert len(paths) == len(set(paths))

    def test_what_we_run_is_among_them_and_told_so(self) -> None:
        switch = telemetry_switches()["vllm"]
        path = parted(images()["vllm"].pull)[1].partition("@")[0].partition(":")[0]
        assert path in switch.images
        assert all(OFFLINE.items() & one.items() for one in switch.switches)
        assert all(OFFLINE[name] == value for one in switch.switches for name, value in one.items())

    @pytest.mark.parametrize(
        "changed", [{"images": []}, {"switches": []}, {"switches": [{}]}, {"images": ["ghcr.io/A b"]}, {"source": "none"}]
    )
    def test_an_entry_that_says_nothing_is_refused(self, changed: dict[str, object]) -> None:
        good = {"maker": "m", "images": ["a/b"], "switches": [{"A": "1"}], "source": "its documentation"}
        assert TelemetrySwitch.model_validate(good)
        with pytest.raises(ValidationError):
            TelemetrySwitch.model_validate(good | changed)

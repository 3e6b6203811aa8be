"""The program itself."""

import subprocess
import sys


class TestProgram:
    """Prevents a plugin that does not start, or that starts slowly by loading what it does not need."""

    def test_it_announces_its_port_and_ends_on_request(self):
        plugin = subprocess.Popen(
            [sys.executable, "-m", "aifactory.local.plugins.kubernetes", "127.0.0.1:1"], stdout=subprocess.PIPE, text=True
        )
        assert int(plugin.stdout.readline()) > 0
        plugin.terminate()
        assert plugin.wait(timeout=15) == 0

    def test_it_loads_no_sdk(self):
        code = (
            "import sys, aifactory.local.plugins.kubernetes.__main__;"
            "print([name for name in ('pulumi_kubernetes', 'pulumi_aws', 'pydantic') if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

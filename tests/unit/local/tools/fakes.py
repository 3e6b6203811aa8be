"""A `go` that compiles nothing, and programs that tell a version: the real ones take minutes."""

import json
import sys
from pathlib import Path

GO = """#!{python}
import json, os, subprocess, sys, time
from pathlib import Path
state = Path({state!r})
wish = json.loads((state / "wish.json").read_text())
with (state / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps({{"argv": sys.argv[1:], "cwd": os.getcwd(), "gowork": os.environ.get("GOWORK"),
                             "files": sorted(os.listdir("."))}}) + "\\n")
if sys.argv[1] == "env":
    if wish.get("env_error"):
        sys.exit(wish["env_error"])
    print(json.dumps({{"GOVERSION": wish["version"], "GOCACHE": str(state / "cache"), "GOMODCACHE": str(state / "mod")}}))
elif sys.argv[1] == "list":
    print("go: downloading example.org/module v1.0.0", file=sys.stderr)
    if wish.get("list_error"):
        sys.exit(wish["list_error"])
    print("\\n".join(f"example.org/p{{n}}" for n in range(wish["stale"])))
elif sys.argv[1] == "build":
    for n in range(wish["stale"]):
        print(f"example.org/p{{n}}", file=sys.stderr, flush=True)
    if wish.get("hang"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        (state / "compiling.json").write_text(json.dumps([os.getpid(), child.pid]))
        time.sleep(120)
    time.sleep(wish.get("seconds", 0))
    if wish.get("build_error"):
        sys.exit(wish["build_error"])
    output = Path(sys.argv[sys.argv.index("-o") + 1])
    for target in sys.argv[sys.argv.index("-o") + 2:]:
        name = "kube" if target == "." else target.rpartition("/")[2]
        (output / name).write_text("#!/bin/sh\\necho " + name + "\\n")
        (output / name).chmod(0o755)
"""


class FakeGo:
    """A directory to put on PATH, and what its `go` is to do and has been asked for."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "gobin"
        self.state = root / "gostate"
        self.bin.mkdir()
        self.state.mkdir()
        program = self.bin / "go"
        program.write_text(GO.format(python=sys.executable, state=str(self.state)))
        program.chmod(0o755)
        self.wish()

    def wish(self, *, version: str = "go1.27.1", stale: int = 3, **more: object) -> None:
        (self.state / "wish.json").write_text(json.dumps({"version": version, "stale": stale, **more}))

    @property
    def calls(self) -> list[dict[str, object]]:
        file = self.state / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def asked(self, command: str) -> list[list[str]]:
        arguments = [call["argv"] for call in self.calls]
        return [[str(one) for one in argv] for argv in arguments if isinstance(argv, list) and argv[0] == command]


def program(directory: Path, name: str, says: str, *, code: int = 0) -> Path:
    """Write a program that says something, whatever it is asked."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path

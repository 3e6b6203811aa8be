"""Our side of the benchmark beside Open Policy Agent: ``python -m tests.bench.decide QUESTION`` decides a pickled question.

In turns; with ``once`` after it, once: the verdicts are printed.
"""

import json
import pickle
import sys
from pathlib import Path

from tests.bench.question import Question, our_reasons, our_verdicts
from tests.bench.turns import take_turns


def main() -> None:
    asked: Question = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 -- the benchmark has just written it
    if sys.argv[2:] == ["once"]:
        print(json.dumps(our_verdicts(asked)))
        return
    take_turns(asked.judged, lambda: our_reasons(asked))


if __name__ == "__main__":
    main()

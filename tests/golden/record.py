"""Record what the recipes paint, after a change that is meant to change it:

    python tests/golden/record.py [NAME…]

Without names, all of them; in float64, as they are compared.
Look at the difference (`git diff tests/golden`) before committing it: every number there is a claim.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))
from golden_cases import SUMMARIES, cases, summary


def main(names: list[str]) -> None:
    known = cases()
    recorded = json.loads(SUMMARIES.read_text()) if SUMMARIES.exists() else {}
    recorded |= {name: summary(known[name]) for name in names or known}
    kept = {name: recorded[name] for name in known}
    SUMMARIES.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

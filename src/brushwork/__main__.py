"""Entry point of `python -m brushwork`."""

from __future__ import annotations

import sys

from brushwork.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

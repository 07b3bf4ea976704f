"""Say clearly when Python is too old, before anything is installed."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (the point of this file)
    sys.exit(f"brushwork needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 …")

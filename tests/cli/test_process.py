from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

import pytest

from brushwork.cli import process

_SHOW = (
    "import os; from brushwork.cli.process import tune_process; tune_process(); print(os.environ.get('GOMP_SPINCOUNT'))"
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_threads_wait_briefly_unless_the_environment_says_otherwise(given, expected):
    ours = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | given
    shown = subprocess.run([sys.executable, "-c", _SHOW], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == expected


@pytest.mark.parametrize(("kernels", "expected"), [(True, "return_large_blocks"), (False, "keep_memory")])
def test_freed_memory_is_kept_unless_the_compiled_engine_keeps_its_own(monkeypatch, kernels, expected):
    called = []
    for name in ("return_large_blocks", "keep_memory"):
        monkeypatch.setattr(process, name, partial(called.append, name))
    monkeypatch.setattr(process, "_has_kernels", lambda: kernels)
    process.tune_process()
    assert called == [expected]

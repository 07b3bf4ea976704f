from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
@pytest.mark.parametrize(
    ("kernels", "then", "kept"), [(False, "", True), (True, "", False), (True, "process.keep_memory();", True)]
)
def test_freed_memory_is_kept_unless_the_compiled_engine_keeps_its_own(kernels, then, kept):
    """What was freed comes back at the same place, already in memory; trainings keep it in any case."""
    program = (
        "from brushwork.cli import process; "
        f"process._has_kernels = lambda: {kernels}; process.tune_process(); {then}"
        "import ctypes; c = ctypes.CDLL(None);"
        "c.malloc.restype = ctypes.c_void_p; c.malloc.argtypes = [ctypes.c_size_t];"
        "c.free.argtypes = [ctypes.c_void_p];"
        "import resource; faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt;"
        "fill = lambda: (lambda a: (ctypes.memset(a, 1, 2**27), c.free(a)))(c.malloc(2**27));"
        "fill(); before = faults(); fill(); print(faults() - before)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (int(shown.stdout) < 1000) == kept  # of 32768 pages

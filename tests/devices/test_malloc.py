from __future__ import annotations

import subprocess
import sys

import pytest

_COUNT_FAULTS = """
import ctypes, resource
from brushwork.devices import malloc
malloc.return_large_blocks()
{then}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
def fill():
    block = libc.malloc({size})
    ctypes.memset(block, 1, {size})
    libc.free(block)
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize() / {size})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
@pytest.mark.parametrize(
    ("then", "size", "is_kept"),
    [
        ("", 2**24, False),
        ("malloc.keep_small_blocks()", 2**24, True),
        ("malloc.keep_small_blocks()", 2**27, False),
        ("malloc.keep_memory()", 2**27, True),
    ],
)
def test_kept_memory_comes_back_without_page_faults(then: str, size: int, is_kept: bool) -> None:
    program = _COUNT_FAULTS.format(then=then, size=size)
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (float(shown.stdout) < 0.1) == is_kept

"""Names that are no UTF-8, as they are shown."""

from __future__ import annotations

import os
import subprocess

import pytest

from brushwork.storage.file_names import to_command_line, to_readable


def test_bytes_that_are_no_utf8_are_escaped_and_all_else_stays():
    assert to_readable(os.fsdecode(b"caf\xe9 \xff")) == r"caf\xe9 \xff"
    assert to_readable("café 🌻 [red] \\xe9") == "café 🌻 [red] \\xe9"


@pytest.mark.parametrize(
    "words", [["a b", "c"], ["it's", "$x"], ["café.jpg"], [b"caf\xe9.jpg", b"it's \\ \xff1", "-o", b"\xe9f.png", "#"]]
)
def test_a_shell_gets_the_very_words(words):
    names = [os.fsdecode(word) for word in words]
    printed = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {to_command_line(names)}"], capture_output=True, check=True
    )
    assert printed.stdout.split(b"\0")[:-1] == [os.fsencode(name) for name in names]

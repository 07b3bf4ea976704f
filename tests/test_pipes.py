"""Pipes are read once, and what was read is kept while a command runs."""

from __future__ import annotations

import os

import pytest

from brushwork.errors import InputError
from brushwork.storage.pipes import cache_pipes, content_of_pipe, is_there, keep, require_no_pipe, require_rereadable
from named_pipes import pipe_of, waiting_at_most

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture(autouse=True)
def limit_waiting():
    with waiting_at_most(60):
        yield


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path / "file"


def test_what_came_through_a_pipe_is_there_again(file):
    pipe = pipe_of(file, "pipe")
    with cache_pipes():
        assert content_of_pipe(pipe) == content_of_pipe(pipe) == b"content"
        require_rereadable(pipe)


def test_nothing_is_kept_for_the_next_command(file):
    pipe = pipe_of(file, "pipe")
    with cache_pipes():
        content_of_pipe(pipe)
    pipe.unlink()
    pipe = pipe_of(file.with_name("file"), "pipe")
    with cache_pipes():
        assert content_of_pipe(pipe) == b"content"


def test_what_is_kept_hides_the_file(file):
    with cache_pipes():
        assert content_of_pipe(file) is None
        keep(file, b"other")
        assert content_of_pipe(file) == b"other"
    assert content_of_pipe(file) is None


def test_pipes_that_are_not_kept_cannot_be_read_twice(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert is_there(tmp_path / "pipe")
    for refuse in (require_rereadable, require_no_pipe):
        with pytest.raises(InputError, match="pipe is a pipe, which can be read only once: save it as a file"):
            refuse(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["missing", "x" * 5000, "a\0b"])
def test_what_is_not_there_is_no_pipe(tmp_path, name):
    assert content_of_pipe(tmp_path / name) is None
    require_no_pipe(tmp_path / name)

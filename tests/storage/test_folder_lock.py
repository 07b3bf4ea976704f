from __future__ import annotations

import errno

import pytest

from brushwork.errors import InputError
from brushwork.storage.folder_lock import locked_folder
from brushwork.studio.folder import StudioFolder

fcntl = pytest.importorskip("fcntl", reason="locks of POSIX systems")


def is_free(path):
    try:
        with locked_folder(path / "film"):
            return True
    except InputError:
        return False


def is_free_in_studio(path):
    with StudioFolder(path).lock("server") as is_alone:
        return is_alone


@pytest.mark.parametrize("look", [is_free, is_free_in_studio])
@pytest.mark.parametrize(("error", "expected"), [(errno.EWOULDBLOCK, False), (errno.ENOLCK, True), (None, True)])
def test_a_lock_that_another_has_is_not_one_that_the_disk_lacks(tmp_path, monkeypatch, look, error, expected):
    def flock(descriptor, operation):
        if error is not None:
            raise OSError(error, "flock")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert look(tmp_path) == expected

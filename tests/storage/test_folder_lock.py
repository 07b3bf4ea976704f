from __future__ import annotations

import errno

import pytest

from brushwork.errors import InputError
from brushwork.storage import folder_lock
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


def test_who_does_not_get_the_lock_leaves_the_folder(tmp_path):
    with locked_folder(tmp_path / "film"):
        assert not is_free(tmp_path)
        assert (tmp_path / "film").exists() and not is_free(tmp_path)
    assert not (tmp_path / "film").exists() and is_free(tmp_path)


def test_a_folder_that_is_removed_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    """The process that had the lock ends between the other one's opening and locking."""
    take, taken = folder_lock.take_lock, []

    def take_late(descriptor):
        if not taken:
            (tmp_path / "film").rmdir()
        taken.append(descriptor)
        return take(descriptor)

    monkeypatch.setattr(folder_lock, "take_lock", take_late)
    with locked_folder(tmp_path / "film"):
        assert (tmp_path / "film").exists() and not is_free(tmp_path)


def test_another_ones_folder_is_left_in_the_end(tmp_path):
    """A film that is done has removed its folder; another process may have made it again by then."""
    with locked_folder(tmp_path / "film"):
        (tmp_path / "film").rename(tmp_path / "done")
        other = locked_folder(tmp_path / "film")
        other.__enter__()
    assert not is_free(tmp_path)
    other.__exit__(None, None, None)
    assert is_free(tmp_path)

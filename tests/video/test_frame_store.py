"""Frames in a folder: what is kept is read again, and those painted ahead are removed without the film's own."""

from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.video.frame_store import StoredFrame
from brushwork.video.workspace import Workspace


def frame(level: int) -> StoredFrame:
    return StoredFrame(torch.full((1, 3, 4, 5), level, dtype=torch.uint8), {"warped": torch.full((2,), float(level))})


@pytest.fixture
def space(tmp_path) -> Workspace:
    found = Workspace(tmp_path / "film")
    found.create({}, torch.device("cpu"))
    return found


def test_a_frame_is_read_as_it_was_kept(space):
    space.frames[3] = frame(7)
    there = space.frames.read(3)
    assert torch.equal(there.levels, frame(7).levels) and torch.equal(there.state["warped"], frame(7).state["warped"])
    assert list(space.frames) == [3] and 3 in space.frames and 2 not in space.frames


def test_a_frame_that_is_missing_is_named(space):
    with pytest.raises(InputError, match=r"00000002\.safetensors is missing"):
        space.frames.read(2)
    with pytest.raises(KeyError):
        space.frames[2]


def test_a_damaged_frame_is_named_with_what_to_do(space):
    space.frames[3] = frame(7)
    (space.folder / "frames" / "00000003.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match=r"00000003\.safetensors is damaged.* can be removed to paint it again"):
        space.frames.read(3)


def test_frames_painted_ahead_are_removed_without_those_of_the_film(space):
    for store in (space.frames, space.store("key"), space.store("shot0.pass1")):
        for index in range(4):
            store[index] = frame(index)
    space.remove_stored(range(1, 3))
    assert sorted(space.frames) == [0, 1, 2, 3]
    assert sorted(space.store("key")) == sorted(space.store("shot0.pass1")) == [0, 3]

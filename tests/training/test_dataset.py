"""Photographs to train on: each once, cut the same way for the same row, and broken files left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import write_image
from brushwork.training import dataset as module
from brushwork.training.dataset import PhotoDataset, list_photos, split


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photographs, each of one gray, two of them in a folder within."""
    (tmp_path / "more").mkdir()
    for number in range(6):
        place = tmp_path / ("more" if number > 3 else ".") / f"{number}.png"
        write_image(torch.full((1, 3, 40, 50 + number), number / 10), place)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    return tmp_path


def seen(batch: torch.Tensor) -> list[int]:
    """Which photographs the rows of a batch are cut from."""
    return [round(float(row.mean()) * 10) for row in batch]


def of(folder: Path, seed: int = 0, notes: list[str] | None = None) -> PhotoDataset:
    return PhotoDataset(list_photos(folder).images, 40, seed, ([] if notes is None else notes).append)


def test_pictures_are_found_in_folders_within_too(folder: Path) -> None:
    assert [one.name for one in list_photos(folder).images] == [f"{number}.png" for number in range(6)]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        list_photos(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        list_photos(tmp_path / "nowhere")


def test_each_comes_once_before_any_comes_again(folder: Path) -> None:
    photographs = of(folder)
    epochs = [seen(photographs.batch(range(6 * one, 6 * one + 6), 32)) for one in range(3)]
    assert all(sorted(one) == list(range(6)) for one in epochs)
    assert epochs[0] != epochs[1] or epochs[1] != epochs[2]


def test_a_row_is_the_same_whenever_it_is_requested(folder: Path) -> None:
    write_image(torch.rand(1, 3, 60, 60), folder / "rough.png")
    early, late = of(folder), of(folder)
    late.batch(range(20, 30), 32)
    assert torch.equal(early.batch(range(14), 32), late.batch(range(14), 32))
    assert torch.equal(early.batch(range(3, 5), 32), early.batch(range(14), 32)[3:5])
    assert seen(of(folder, seed=1).batch(range(6), 32)) != seen(early.batch(range(6), 32))


def test_crops_are_of_all_scales_and_some_are_mirrored(tmp_path: Path) -> None:
    ramp = torch.linspace(0, 1, 80).expand(1, 3, 80, 80)
    write_image(ramp, tmp_path / "ramp.png")
    crops = PhotoDataset(list_photos(tmp_path).images, 80, 0, [].append).batch(range(40), 32)
    slopes = (crops[:, 0, 0, -1] - crops[:, 0, 0, 0]).tolist()
    widths = [abs(slope) for slope in slopes]
    assert min(widths) < 0.5
    assert max(widths) > 0.9
    assert 10 < sum(slope < 0 for slope in slopes) < 30


def test_photographs_smaller_than_the_crop_are_enlarged(tmp_path: Path) -> None:
    write_image(torch.rand(1, 3, 12, 30), tmp_path / "small.png")
    assert PhotoDataset(list_photos(tmp_path).images, 40, 0, [].append).batch(range(2), 32).shape == (2, 3, 32, 32)


def test_broken_files_are_left_out_and_named_once(folder: Path) -> None:
    (folder / "2.png").write_bytes(b"\x89PNG broken")
    notes: list[str] = []
    photographs = of(folder, notes=notes)
    for epoch in range(3):
        found = seen(photographs.batch(range(6 * epoch, 6 * epoch + 6), 32))
        assert sorted(found) == [0, 1, 3, 3, 4, 5]  # the next one takes its place
    (note,) = notes
    assert "2.png is skipped" in note


def test_nothing_but_broken_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(InputError, match="none of the 1 photographs can be read"):
        PhotoDataset(list_photos(tmp_path).images, 40, 0, [].append).batch(range(1), 32)


def test_what_does_not_fit_in_memory_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = of(folder).batch(range(12), 32)
    monkeypatch.setattr(module, "CACHE_BYTES", 0)
    photographs = of(folder)
    assert torch.equal(photographs.batch(range(12), 32), kept)
    assert not photographs._kept


def test_middles_are_the_first_photographs_whole(folder: Path) -> None:
    assert seen(of(folder).center_crops(3, 24)) == [0, 1, 2]


def test_some_are_held_out_and_none_is_both(folder: Path) -> None:
    files = list_photos(folder).images
    train_files, val_files = split(files, 1, seed=0)
    assert sorted([*train_files, *val_files]) == files
    assert len(val_files) == 1
    assert len(split(files, 100, 0)[1]) == 1  # a fourth at most
    assert split(files[:3], 2, 0) == (files[:3], [])
    assert len({tuple(split(files, 1, seed)[1]) for seed in range(8)}) > 1

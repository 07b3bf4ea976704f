"""Where pictures go: found out beforehand, replaced as a whole."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import check_writable, read_image, read_metadata, write_image
from brushwork.images.geometry import Size
from brushwork.storage.atomic import atomic_write_tree, link_or_copy


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        check_writable(path, **{"overwrite": False, **options})
    return str(caught.value)


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_good_place_is_left_as_it_is(tmp_path):
    check_writable(tmp_path / "a.png", overwrite=False)
    check_writable(str(tmp_path / "a.jpg"), overwrite=True, bits=16, size=Size(10, 10))
    assert listed(tmp_path) == []


def test_what_is_found_beforehand(tmp_path):
    there = write_image(torch.rand(1, 3, 4, 4), tmp_path / "a.png")
    (tmp_path / "folder.png").mkdir()
    assert "ends in .gif" in refusal(tmp_path / "a.gif")
    assert "already exists" in refusal(there)
    check_writable(there, overwrite=True)
    assert "is a folder" in refusal(tmp_path / "folder.png", overwrite=True)
    assert "does not exist: create it" in refusal(tmp_path / "no" / "a.png")
    assert not (tmp_path / "no").exists()
    assert "is not a folder" in refusal(there / "a.png")
    assert "cannot be written" in refusal(tmp_path / ("n" * 300 + ".png"))
    assert "cannot be written" in refusal(tmp_path / "a\0.png")
    assert "16383 pixels a side" in refusal(tmp_path / "a.webp", size=Size(4, 20_000))
    assert listed(tmp_path) == ["a.png", "folder.png"]


def test_links_that_lead_nowhere_are_there_already(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    assert "already exists" in refusal(tmp_path / "a.png")
    with pytest.raises(InputError, match="already exists"):
        write_image(torch.rand(1, 3, 4, 4), tmp_path / "a.png")


def test_a_full_disk_is_found_beforehand(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    message = refusal(tmp_path / "a.png", bytes_needed=free + 10**12)
    assert "MB left" in message
    check_writable(tmp_path / "a.png", overwrite=False, bytes_needed=1)


def test_16_bits_without_pyvips_are_found_beforehand(tmp_path, no_vips):
    assert "brushwork[giant]" in refusal(tmp_path / "a.png", bits=16)
    check_writable(tmp_path / "a.jpg", overwrite=False, bits=16)  # which has 8 anyway


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.EACCES, "read-only"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EIO, "write elsewhere"),
    ],
)
def test_folders_that_take_no_file(tmp_path, monkeypatch, code, message):
    def failing(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "touch", failing)
    assert message in refusal(tmp_path / "a.png")
    with pytest.raises(InputError, match=message):
        write_image(torch.rand(1, 3, 4, 4), tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="to root no folder is read-only")
def test_a_folder_that_is_read_only_indeed(tmp_path):
    tmp_path.chmod(0o555)
    try:
        assert "read-only" in refusal(tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_disk_that_runs_full_while_writing(tmp_path, monkeypatch, overwrite):
    """The picture that was there stays, and nothing else."""
    path = tmp_path / "a.png"
    if overwrite:
        write_image(torch.zeros(1, 3, 4, 4), path)
    before = {name: (tmp_path / name).read_bytes() for name in listed(tmp_path)}

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="is full"):
        write_image(torch.ones(1, 3, 4, 4), path, overwrite=overwrite)
    assert {name: (tmp_path / name).read_bytes() for name in listed(tmp_path)} == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_bytes_are_on_the_disk_before_the_name_is_theirs(tmp_path, monkeypatch, overwrite):
    path, synced = tmp_path / "a.png", []
    if overwrite:
        write_image(torch.zeros(1, 3, 4, 4), path)
    before = path.stat().st_ino if overwrite else None

    def record(descriptor):
        named = path.stat().st_ino if path.exists() else None
        synced.append(("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file", named == before))

    monkeypatch.setattr(os, "fsync", record)
    write_image(torch.ones(1, 3, 4, 4), path, overwrite=overwrite)
    assert synced == [("file", True), ("folder", False)]


def test_a_write_that_the_system_cuts_off(tmp_path):
    """Not simulated: the system takes a thousand bytes of the file, and no more."""
    resource = pytest.importorskip("resource")
    path = write_image(torch.zeros(1, 3, 4, 4), tmp_path / "a.png")
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(InputError, match="is full"):
            write_image(torch.rand(1, 3, 100, 100), path, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert listed(tmp_path) == ["a.png"]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_nothing_is_overwritten_unasked(tmp_path):
    path = write_image(torch.zeros(1, 3, 4, 4), tmp_path / "a.png")
    with pytest.raises(InputError, match="already exists"):
        write_image(torch.ones(1, 3, 4, 4), path)
    assert read_image(path).image.max() == 0
    write_image(torch.ones(1, 3, 4, 4), path, overwrite=True)
    assert read_image(path).image.min() == 1
    assert listed(tmp_path) == ["a.png"]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch):
    path, fsync = tmp_path / "a.png", os.fsync

    def slow(descriptor):
        path.write_bytes(b"somebody else's")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(InputError, match="already exists"):
        write_image(torch.ones(1, 3, 4, 4), path)
    assert path.read_bytes() == b"somebody else's"
    assert listed(tmp_path) == ["a.png"]


def test_file_systems_without_links(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", none)
    path = write_image(torch.zeros(1, 3, 4, 4), tmp_path / "a.png")
    assert listed(tmp_path) == ["a.png"]
    with pytest.raises(InputError, match="already exists"):
        write_image(torch.ones(1, 3, 4, 4), path)


def write_tree(folder, value):
    """A file with a folder and a page beside it, which say the same."""
    path, beside = folder / "a.dzi", [folder / "a_files", folder / "a.html"]
    with atomic_write_tree(path, beside, overwrite=True) as made:
        (made / "a_files").mkdir()
        for name in ("a.dzi", "a.html", "a_files/0"):
            (made / name).write_text(value)


def read_tree(folder):
    return {str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("moment", range(10))
@pytest.mark.parametrize("there", [False, True])
def test_a_file_and_its_companions_are_replaced_together_or_not_at_all(tmp_path, monkeypatch, there, moment):
    """Ctrl-C, before and after every renaming."""
    if there:
        write_tree(tmp_path, "old")
    before, moments = read_tree(tmp_path), iter(range(100))

    def interrupted(move):
        def moved(path, target):
            if next(moments) == moment:
                raise KeyboardInterrupt
            move(path, target)
            if next(moments) == moment:
                raise KeyboardInterrupt

        return moved

    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, interrupted(getattr(Path, name)))
    with suppress(KeyboardInterrupt):
        write_tree(tmp_path, "new")
    assert read_tree(tmp_path) in (before, dict.fromkeys(["a.dzi", "a.html", "a_files/0"], "new"))


@pytest.mark.skipif(os.name != "posix", reason="permissions as in POSIX")
def test_others_may_read_what_they_may_read_of_other_files(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    path = write_image(torch.zeros(1, 3, 4, 4), tmp_path / "a.png")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    opened = os.open

    def unless_folder(path, *arguments, **options):
        if Path(path) == tmp_path:
            raise OSError(errno.EACCES, "folders cannot be opened here")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", unless_folder)
    assert write_image(torch.zeros(1, 3, 4, 4), tmp_path / "a.png").exists()


@pytest.mark.parametrize("ending", ["png", "tif", "dzi"])
def test_a_link_stays_a_link_and_what_it_names_is_replaced(tmp_path, ending):
    if ending != "png":
        pytest.importorskip("pyvips")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first, second = torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4)
    pyramid = ending == "tif"
    real = write_image(first, elsewhere / f"real.{ending}", pyramid=pyramid)
    before = listed(elsewhere)
    (tmp_path / f"next.{ending}").symlink_to(real)
    link = tmp_path / f"link.{ending}"
    link.symlink_to(f"next.{ending}")
    assert "already exists" in refusal(link, pyramid=pyramid)
    check_writable(link, overwrite=True, pyramid=pyramid)
    old = real.read_bytes()
    write_image(second, link, overwrite=True, pyramid=pyramid, metadata="new")
    assert link.is_symlink() and not real.is_symlink()
    assert real.read_bytes() != old
    assert read_metadata(link) == "new"
    assert listed(elsewhere) == before and len(listed(tmp_path)) == 3


def test_a_link_that_leads_nowhere_may_make_what_it_names(tmp_path):
    link = tmp_path / "a.png"
    link.symlink_to("gone.png")
    write_image(torch.rand(1, 3, 4, 4), link, overwrite=True)
    assert link.is_symlink() and (tmp_path / "gone.png").is_file()
    (tmp_path / "b.png").symlink_to("no/b.png")
    assert "does not exist: create it" in refusal(tmp_path / "b.png", overwrite=True)
    (tmp_path / "c.png").symlink_to("c.png")  # names itself, and so nothing
    assert "already exists" in refusal(tmp_path / "c.png")
    write_image(torch.rand(1, 3, 4, 4), tmp_path / "c.png", overwrite=True)
    assert (tmp_path / "c.png").is_file()


def test_pipes_and_devices_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to(os.devnull)
    for name in ("a.png", "b.png"):
        assert "is a pipe or a device" in refusal(tmp_path / name, overwrite=True)
        with pytest.raises(InputError, match="is a pipe or a device"):
            write_image(torch.rand(1, 3, 4, 4), tmp_path / name, overwrite=True)
    assert stat.S_ISFIFO((tmp_path / "a.png").stat().st_mode)


def test_where_there_are_no_links_a_file_is_copied_as_a_whole(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    (tmp_path / "a").write_bytes(b"a")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"a" and listed(tmp_path) == ["a", "b"]
    with pytest.raises(FileExistsError):
        link_or_copy(tmp_path / "a", tmp_path / "b")
    with pytest.raises(FileNotFoundError):
        link_or_copy(tmp_path / "c", tmp_path / "d")
    assert listed(tmp_path) == ["a", "b"]

"""A film is killed again and again, and ends as the one that was never broken, byte for byte."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brushwork.errors import InputError
from brushwork.video import frame_store, workspace
from brushwork.video import run as running
from brushwork.video.events import FilmFinished, FrameDone, SegmentDone
from brushwork.video.options import FilmOptions
from brushwork.video.run import run_film
from tiny_films import STILL, film_job, frame_times, panned, texture, tiny_stylizer, write_clip


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Two shots of 7 frames with sound; segments are of 4 frames."""
    monkeypatch.setattr(workspace, "SEGMENT", 4)
    other = [(one * np.array([0.2, 1.0, 0.4])).astype(np.uint8) for one in panned(7, step=3)]
    return write_clip(tmp_path / "in.mp4", [*panned(7), *other], seconds_of_sound=1.5)


def sha256(path) -> str:
    """The hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _paint_in_a_child(job, calls: int | None = None) -> int:
    """Paint a film in a process of its own, which dies at a number of calls; return how many it made, or 0.

    Calls are counted instead of seconds, so that a busy machine is no other test.
    """
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            count = _KillingProfiler(calls)
            sys.setprofile(count)
            for _ in run_film(job, resume=True, network=tiny_stylizer()):
                pass
            sys.setprofile(None)
            os.write(writer, str(count.made).encode())
        except BaseException:
            os.write(writer, traceback.format_exc().encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        printed = pipe.read()
    if os.WIFSIGNALED(os.waitpid(process, 0)[1]):
        return 0
    assert printed.isdigit(), printed
    return int(printed)


class _KillingProfiler:
    """A profiler that counts calls, of Python and of C, and kills the process at a number of them."""

    def __init__(self, last: int | None) -> None:
        self.made, self._last = 0, last

    def __call__(self, frame, event, argument) -> None:
        self.made += 1
        if self.made == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_killed_at_any_moment_it_is_the_same_film(tmp_path, clip):
    whole = film_job(clip, tmp_path / "whole.mp4")
    calls = _paint_in_a_child(whole)
    broken, chance, kills = replace(whole, output=tmp_path / "broken.mp4"), random.Random(7), 0
    while not _paint_in_a_child(broken, int(chance.uniform(0.01, 0.2) * calls * (1 + kills / 4))):
        kills += 1
    assert kills >= 4
    assert sha256(broken.output) == sha256(whole.output) and not broken.workspace.exists()


@pytest.mark.slow
def test_closed_after_any_frame_it_is_the_same_film(tmp_path, clip):
    """Every frame and every segment is the last one of a run."""
    whole = film_job(clip, tmp_path / "whole.mp4")
    *_, done = run_film(whole, network=tiny_stylizer())
    assert done.frames == 14
    broken = replace(whole, output=tmp_path / "broken.mp4")
    runs = painted = 0
    while True:
        events = run_film(broken, resume=True, network=tiny_stylizer())
        stop = next(event for event in events if isinstance(event, FrameDone | SegmentDone | FilmFinished))
        painted += isinstance(stop, FrameDone)
        events.close()
        if isinstance(stop, FilmFinished):
            break
        runs += 1
    assert painted == 14 and runs == 14 + 4  # not a frame is painted twice
    assert sha256(broken.output) == sha256(whole.output)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 2, 5])
def test_stopped_within_the_writing_of_a_frame_it_is_painted_again(tmp_path, clip, monkeypatch, number):
    """A process that is killed runs no cleanup: what it had written of the frame stays under the temporary name."""
    whole, broken = film_job(clip, tmp_path / "whole.mp4"), film_job(clip, tmp_path / "broken.mp4")
    list(run_film(whole, network=tiny_stylizer()))
    with monkeypatch.context() as patch:
        patch.setattr("brushwork.storage.tensors.iterate_planes", _stop_after(number * 2 + 1))
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            list(run_film(broken, network=tiny_stylizer()))
    assert list(broken.workspace.rglob("*.part"))
    list(run_film(broken, resume=True, network=tiny_stylizer()))
    assert sha256(broken.output) == sha256(whole.output) and not broken.workspace.exists()


def _stop_after(entries):
    """Write this many entries of frames, then stop as Ctrl-C does, in the middle of a file."""
    left = [entries]

    def planes(state, name):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return iter([state[name]])

    return planes


def test_a_folder_that_was_half_removed_goes_when_the_film_is_requested_again(tmp_path, clip):
    job = film_job(clip, tmp_path / "out.mp4")
    list(run_film(job, network=tiny_stylizer()))
    (job.workspace / "segments").mkdir(parents=True)
    *_, done = run_film(job, resume=True, network=tiny_stylizer())
    assert "finished already" in done.notes[0] and done.frames == 14 and not job.workspace.exists()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_damaged_segment_is_named_and_painted_again_once_it_is_removed(tmp_path, clip, suffix):
    whole, job = (film_job(clip, tmp_path / f"{name}{suffix}") for name in ("whole", "out"))
    list(run_film(whole, network=tiny_stylizer()))
    painting = run_film(job, network=tiny_stylizer())
    next(event for event in painting if isinstance(event, SegmentDone))
    painting.close()
    segment = workspace.Workspace(job.workspace, suffix).segment(0)
    segment.write_bytes(segment.read_bytes()[:-100])
    with pytest.raises(InputError, match=rf"00000000\{suffix} is damaged: . of its 4 frames are there. Remove it"):
        list(run_film(job, resume=True, network=tiny_stylizer()))
    segment.unlink()
    list(run_film(job, resume=True, network=tiny_stylizer()))
    assert sha256(job.output) == sha256(whole.output)


def test_other_options_or_another_clip_are_refused_by_name(tmp_path, clip):
    job = film_job(clip, tmp_path / "out.mp4")
    events = run_film(job, network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    with pytest.raises(InputError, match=r"unfinished film: continue with --resume"):
        next(run_film(job, network=tiny_stylizer()))
    other = replace(job, film=FilmOptions(consistency=0.9))
    with pytest.raises(InputError, match=r"another film \(consistency: 0\.9 here, 0\.5 there"):
        next(run_film(other, resume=True, network=tiny_stylizer()))
    write_clip(clip, [texture(48, 64, 9)] * 14)
    with pytest.raises(InputError, match="clip: another file"):
        next(run_film(job, resume=True, network=tiny_stylizer()))


def test_a_finished_film_of_another_clip_or_other_options_is_no_finished_one(tmp_path, clip):
    job = film_job(clip, tmp_path / "out.mp4")
    list(run_film(job, network=tiny_stylizer()))
    before = sha256(job.output)
    other = replace(job, film=FilmOptions(consistency=0.9))
    with pytest.raises(InputError, match=r"another film \(consistency: 0\.9 here, 0\.5 there\): .* --force"):
        next(run_film(other, resume=True, network=tiny_stylizer()))
    write_clip(clip, [texture(48, 64, 9)] * 3)
    with pytest.raises(InputError, match=r"another film .*clip: another file"):
        next(run_film(job, resume=True, network=tiny_stylizer()))
    assert sha256(job.output) == before and not job.workspace.exists()
    *_, done = run_film(replace(job, overwrite=True), resume=True, network=tiny_stylizer())
    assert done.frames == 3 and sha256(job.output) != before


def test_what_makes_another_film_is_reported_part_by_part():
    here = {"clip": "a1", "encoding": {"crf": 18}, "masks": None}
    assert not workspace.list_film_changes(here, dict(here))
    there = {"clip": "b2", "encoding": {"crf": 20}, "masks": ["c3"], "pictures": {"rate": 12.0}}
    assert workspace.list_film_changes(here, there) == [
        "clip: another file",
        "crf: 18 here, 20 there",
        "masks: another file",
        "rate: None here, 12.0 there",
    ]


def test_of_another_method_only_its_name_is_reported():
    """Each method has options of its own."""
    here, there = ({"method": {"kind": kind, name: 1}} for kind, name in (("AdaINOptions", "a"), ("ModelOptions", "b")))
    assert workspace.list_film_changes(here, there | {"weights": "f0"}) == ["method: adain here, model there"]


@pytest.mark.parametrize("name", ["out.gif", "out.mp4"])
def test_a_film_that_does_not_say_how_it_was_painted_is_not_taken_for_finished(tmp_path, clip, name):
    job = film_job(clip, tmp_path / name)
    job.output.write_bytes(b"no film" if name == "out.mp4" else b"")
    if name == "out.gif":
        list(run_film(replace(job, overwrite=True), network=tiny_stylizer()))
    with pytest.raises(InputError, match=r"does not say how it was painted.* or start over with --force"):
        next(run_film(job, resume=True, network=tiny_stylizer()))


def test_matroska_says_how_many_frames_are_finished(tmp_path, clip):
    job = film_job(clip, tmp_path / "out.mkv")
    list(run_film(job, network=tiny_stylizer()))
    (done,) = run_film(job, resume=True, network=tiny_stylizer())
    assert done.frames == 14


@pytest.mark.parametrize("name", ["out.mkv", "%d.png"])
def test_a_film_that_was_cut_by_finish_is_not_taken_for_finished(tmp_path, name):
    """Its working folder was removed, and the file looks as a whole one does."""
    job = film_job(write_clip(tmp_path / "in.mp4", panned(3)), tmp_path / name, 0.0, film=STILL)
    events = run_film(job, network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    events.close()
    list(run_film(job, finish=True, network=tiny_stylizer()))
    shutil.rmtree(job.workspace)
    with pytest.raises(InputError, match="lacks 2 frames, as --finish left it"):
        list(run_film(job, resume=True, network=tiny_stylizer()))
    *_, done = run_film(replace(job, overwrite=True), resume=True, network=tiny_stylizer())
    assert done.frames == 3
    (again,) = run_film(job, resume=True, network=tiny_stylizer())
    assert "finished already" in again.notes[0]


@pytest.mark.slow
def test_finish_makes_a_film_of_what_is_there_and_resume_goes_on(tmp_path, clip):
    job = film_job(clip, tmp_path / "out.mp4")
    events = run_film(job, network=tiny_stylizer())
    for event in events:
        if isinstance(event, FrameDone) and event.frame == 7:
            break
    events.close()
    *_, done = run_film(job, finish=True, network=tiny_stylizer())
    assert len(frame_times(job.output)[0]) == done.frames == 8 and "6 of 14 frames are missing" in done.notes[-1]
    *_, done = run_film(job, resume=True, network=tiny_stylizer())
    whole = replace(job, output=tmp_path / "whole.mp4")
    *_, _ = run_film(whole, network=tiny_stylizer())
    assert done.frames == 14 and sha256(job.output) == sha256(whole.output)
    assert "finished already" in list(run_film(job, resume=True, network=tiny_stylizer()))[-1].notes[0]


def test_a_full_disk_ends_in_one_line_and_nothing_is_lost(tmp_path, clip, monkeypatch):
    job = film_job(clip, tmp_path / "out.mp4")
    monkeypatch.setattr(running, "require_disk", lambda *_: None)
    written = []

    def full(path, tensors, metadata):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        return original(path, tensors, metadata)

    original = frame_store.replace_tensors
    monkeypatch.setattr(frame_store, "replace_tensors", full)
    with pytest.raises(InputError, match="is full"):
        list(run_film(job, network=tiny_stylizer()))
    monkeypatch.setattr(frame_store, "replace_tensors", original)
    frames = [
        event.frame for event in run_film(job, resume=True, network=tiny_stylizer()) if isinstance(event, FrameDone)
    ]
    assert frames == list(range(3, 14))


def test_a_film_that_the_disk_cannot_hold_is_refused_beforehand(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(
        "brushwork.video.film_requirements.shutil.disk_usage", lambda _: type("U", (), {"free": 1000})()
    )
    with pytest.raises(InputError, match="are free"):
        list(run_film(film_job(clip, tmp_path / "out.mp4"), network=tiny_stylizer()))


def test_two_processes_do_not_paint_one_film(tmp_path, clip):
    """The second one is told, and changes nothing; a film that is given up can be taken on."""
    job = film_job(clip, tmp_path / "out.mp4")
    events = run_film(job, network=tiny_stylizer())
    next(event for event in events if isinstance(event, FrameDone))
    kept = sorted(job.workspace.rglob("*"))
    for again in ({"resume": True}, {"finish": True}):
        with pytest.raises(InputError, match="another process paints there"):
            next(run_film(job, **again, network=tiny_stylizer()))
    with pytest.raises(InputError, match="another process paints there"):
        next(run_film(replace(job, overwrite=True), network=tiny_stylizer()))
    assert sorted(job.workspace.rglob("*")) == kept
    events.close()
    *_, done = run_film(job, resume=True, network=tiny_stylizer())
    assert done.frames == 14

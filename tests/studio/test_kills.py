"""What is left when a process of the studio is killed while it decodes or stores a file, and who removes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

from PIL import Image

from brushwork.studio.file_store import find_file
from brushwork.studio.image_reader import ImageReader
from brushwork.studio.retention import sweep
from brushwork.studio.tile_writer import write_tiles
from studio_pictures import png, put

TIMEOUT = 60


def wait_until(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_picture_whose_decoder_is_killed_is_decoded_by_the_next(tmp_path):
    file, found = tmp_path / "file", []
    file.write_bytes(png(1, (80, 64)))
    reader = ImageReader()
    try:
        assert reader.read(file, "png", max_pixels=10**6) == (80, 64)
        process, read_before = reader._process, reader._read
        os.kill(process.pid, signal.SIGSTOP)  # it gets no further than the request
        reading = Thread(target=lambda: found.append(reader.read(file, "png", max_pixels=10**6)))
        reading.start()
        wait_until(lambda: reader._read > read_before)
        process.kill()
        reading.join(TIMEOUT)
    finally:
        reader.close()
    assert found == [(80, 64)]


def test_the_decoder_does_not_outlive_a_server_that_is_killed(tmp_path):
    """What it decodes is a pipe that never has a byte: it would wait forever."""
    pipe = tmp_path / "picture"
    os.mkfifo(pipe)
    script = (
        "import pathlib, sys\n"
        "from threading import Thread\n"
        "from brushwork.studio.image_reader import ImageReader\n"
        "reader = ImageReader()\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "Thread(target=reader.read, args=(path, 'png'), kwargs={'max_pixels': 1}, daemon=True).start()\n"
        "while reader._process is None: pass\n"
        "print(reader._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(pipe)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        decoder = Path("/proc", server.stdout.readline().strip())
        writing = os.open(pipe, os.O_WRONLY)  # waits until the decoder has opened it
        server.kill()
    wait_until(lambda: not decoder.exists())
    os.close(writing)


def test_files_that_a_killed_process_has_left_are_swept(folder, database):
    recorded = put(folder, database, png(1))
    unrecorded = folder.stored("a" * 64)
    unrecorded.parent.mkdir(parents=True, exist_ok=True)
    recorded_at = find_file(database, recorded)["created"]
    while not unrecorded.exists() or unrecorded.stat().st_ctime * 1000 <= recorded_at:  # clocks of files are coarse
        unrecorded.write_bytes(b"x")
    thumbnails = [folder.thumbnail(sha256, 320) for sha256 in (recorded, "a" * 64)]
    half_written = thumbnails[0].with_name(".brushwork-0.part")
    half_tiles, upload = folder.tiles("c" * 64 + ".0.part"), folder.incoming / "0.part"
    half_tiles.mkdir(parents=True)
    for file in (*thumbnails, half_written, half_tiles / "0_0.jpeg", upload):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (0, 0))
    os.utime(half_tiles, (0, 0))
    (folder.incoming / "1.part").symlink_to("gone")  # as an upload that is stored while it is read
    sweep(database, folder)
    assert folder.stored(recorded).exists()
    assert not unrecorded.exists()
    assert [one.exists() for one in (*thumbnails, half_written, half_tiles, upload)] == [True] + [False] * 4


def test_the_files_of_another_database_are_not_swept(folder, database):
    """As where the database was removed to begin anew: the pictures of before are in the folder still."""
    left = folder.stored("a" * 64)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    while time.time_ns() // 1_000_000 <= left.stat().st_ctime * 1000:
        time.sleep(0.001)
    put(folder, database, png(1))
    sweep(database, folder)
    assert left.exists()


def test_of_two_processes_that_make_the_same_tiles_both_leave_them_whole(tmp_path, monkeypatch):
    """The one of a server that was killed goes on beside that of the next."""
    picture, folder, begun = Image.new("RGB", (70, 50), "red"), tmp_path / "tiles", []

    def reduce(image, factor):
        if not begun:
            begun.append(image)
            write_tiles(picture, folder, 30, 1)  # the other one, from its beginning to its end
        return real(image, factor)

    real = Image.Image.reduce
    monkeypatch.setattr(Image.Image, "reduce", reduce)
    write_tiles(picture, folder, 30, 1)
    assert begun
    assert list(tmp_path.iterdir()) == [folder]
    assert sorted(one.name for one in folder.iterdir()) == [str(level) for level in range(8)]
    assert len(list((folder / "7").iterdir())) == 6

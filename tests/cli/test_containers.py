"""Paintings where the system can be written nowhere, as in containers with a read-only root and no /tmp."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
import torch

from brushwork.images import write_image
from fork_server import IMPORTED, Completed, ForkServerProcess

READ_ONLY = 'mount -t tmpfs none rw; mount -o remount,ro,bind /; exec "$@"'
THERE = "import pathlib; [(print(one.name), one.unlink()) for one in sorted(pathlib.Path('rw').iterdir())]"
"""Names the files in the folder, and removes them."""
SMALL = ("--size", "64", "--iterations", "2", "--min-size", "0")


def _can_be_made() -> bool:
    command = ["unshare", "-m", "sh", "-c", "mount -o remount,ro,bind / && ! touch /tmp/here"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _can_be_made(), reason="needs leave to mount, and /tmp on the root"),
]


RunInContainer = Callable[..., Completed]


@pytest.fixture(scope="module")
def run_in_container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunInContainer]:
    """Run a command with only the folder rw to write into, and no home; the names in that folder come last."""
    folder = tmp_path_factory.mktemp("container")
    for seed, name in enumerate(("photo.jpg", "waves.png")):
        write_image(torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed)), folder / name)
    (folder / "rw").mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "TMPDIR")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # Torch's compiler wants a folder for temporary files when it is imported: that is the commands' to settle.
        server = ForkServerProcess(environment, ["unshare", "-m", "sh", "-c", READ_ONLY, "sh"], IMPORTED)

        def run(*command: str) -> Completed:
            done = server.run("-m", "brushwork", *command, env=environment)
            return done._replace(stdout=done.stdout + server.run("-c", THERE, env=environment).stdout)

        yield run
        server.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "names"),
    [
        (("paint", "photo.jpg", "waves.png", *SMALL, "-o", "rw/d.png"), ["d.png"]),
        (("paint", "photo.jpg", "waves.png", *SMALL, "--history-storage", "disk", "-o", "rw/d.png"), ["d.png"]),
        (("paint", "photo.jpg", "waves.png", *SMALL, "--plot", "rw/p.png", "-o", "rw/d.png"), ["d.png", "p.png"]),
        (
            (
                "paint",
                "--method",
                "mdan",
                "photo.jpg",
                "waves.png",
                "--size",
                "64",
                "--iterations",
                "2",
                "-o",
                "rw/d.png",
            ),
            ["d.png"],
        ),
    ],
)
def test_what_can_be_painted_is(run_in_container: RunInContainer, command: tuple[str, ...], names: list[str]) -> None:
    done = run_in_container(*command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["rw/d.png", *names]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_what_has_no_place_is_refused_in_a_line(run_in_container: RunInContainer) -> None:
    done = run_in_container("paint", "photo.jpg", "waves.png", *SMALL, "-o", "-")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "TMPDIR" in done.stderr


@pytest.mark.slow
def test_the_doctor_reports_the_truth(run_in_container: RunInContainer) -> None:
    done = run_in_container("doctor", "--json")
    assert done.returncode == 0, done.stderr
    trouble = {one["item"]: one["problem"] for one in json.loads(done.stdout)["findings"]}
    assert "-o" in trouble["current folder"] and "TMPDIR" in trouble["temporary files"]

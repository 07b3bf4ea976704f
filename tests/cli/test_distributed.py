from __future__ import annotations

import pytest
import torch

from brushwork.cli.dashes import DASH
from brushwork.cli.distributed import connect, silence
from brushwork.cli.request import StdStreams
from brushwork.cli.run_flags import RunFlags
from brushwork.distributed.launch import is_distributed_launch
from brushwork.errors import InputError


@pytest.mark.parametrize(("given", "launched"), [(None, False), ("1", False), ("2", True)])
def test_a_launcher_says_how_many_there_are(given, launched, monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    if given is not None:
        monkeypatch.setenv("WORLD_SIZE", given)
    assert is_distributed_launch() is launched


def test_alone_there_is_no_connection(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with connect("auto") as group:
        assert group is None


@pytest.mark.parametrize(("rank", "processes", "gpus"), [("0", "2", 1), ("1", "2", 1), ("0", "16", 8), ("3", None, 3)])
def test_more_processes_than_gpus_are_refused(rank, processes, gpus, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "32")
    monkeypatch.setenv("LOCAL_RANK", rank)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if processes is not None:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
    monkeypatch.setattr("brushwork.devices.select_device", lambda name: torch.device("cuda"))
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with pytest.raises(InputError if rank == "0" else SystemExit) as caught, connect("auto"):
        pass
    if rank == "0":
        expected = f"{processes} processes, but {gpus} GPU{'s' * (gpus > 1)} on this machine: start {gpus} (--nproc"
        assert str(caught.value).startswith(expected)
    assert len(waited) == (rank != "0"), "a launcher ends the first process when another one fails before it"


def test_other_ranks_show_and_write_nothing():
    shown = silence(RunFlags(output="-", save_every=3, threads=2))
    assert (shown.output, shown.save_every, shown.plot, shown.timelapse, shown.quiet) == ("", None, None, None, True)
    assert shown.threads == 2


def test_one_of_several_processes_reads_no_standard_input(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with StdStreams() as pipes, pytest.raises(InputError, match="give the image as a file"):
        pipes.input_path(DASH)

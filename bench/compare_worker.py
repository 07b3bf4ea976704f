"""One engine in a process of its own. Started by compare.py, not by hand.

python bench/compare_worker.py TASK
"""

from __future__ import annotations

import os
import sys
import warnings

from compare_task import OURS, Task


def main() -> None:
    """Paint the task, with commands from the standard input and answers on the standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the programs print goes where nobody waits for answers
    warnings.simplefilter("ignore")
    task = Task.from_json(sys.argv[1])
    if task.engine == OURS:
        from brushwork.cli.process import tune_process

        tune_process()  # as the command does, before torch is imported
    from compare_engines import run
    from compare_turn import Turn

    run(task, Turn(sys.stdin, answers, task.device))


if __name__ == "__main__":
    main()

"""The `brushwork` command and its exit codes. torch is imported by the subcommands that compute, not here."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from brushwork._version import __version__
from brushwork.cli.config import load_config_file, load_environment, negate_settings, note_settings
from brushwork.cli.dashes import DASH, require_streams
from brushwork.cli.help import BriefFormatter, split_help
from brushwork.cli.output import (
    FAILURE,
    USAGE,
    InterruptedRunError,
    exit_code_for,
    format_error,
    interrupt_exit_code,
    log,
    print_failure,
)
from brushwork.cli.process import tune_process
from brushwork.cli.signals import SIGNALS
from brushwork.cli.streams import configure_streams, discard_stdout
from brushwork.cli.temporary import settle_temporary
from brushwork.errors import BrushworkError, StopSignalError
from brushwork.storage.file_names import to_command_line
from brushwork.storage.pipes import cache_pipes

_HELP = """Paint any photograph in the style of any painting, as the papers say.

`brushwork paint photo.jpg painting.jpg` is all it takes. Every command has its own `--help`.
"""

COMMANDS = {
    "paint": ("brushwork.cli.commands.paint:app", "Paint a photograph in the style of a painting."),
    "video": ("brushwork.cli.commands.video:app", "Paint a film, so that its style stays on the objects."),
    "texture": ("brushwork.cli.commands.texture:texture", "Synthesize a texture of any size from a picture."),
    "reconstruct": ("brushwork.cli.commands.reconstruct:app", "Reconstruct an image from the features of a layer."),
    "plan": ("brushwork.cli.commands.plan:app", "Print what a command would need: sizes, iterations, memory, time."),
    "rerun": ("brushwork.cli.commands.rerun:rerun", "Repeat a picture from its metadata."),
    "reproduce": ("brushwork.cli.commands.reproduce:reproduce", "Repeat the experiments of the papers, with a report."),
    "train": ("brushwork.cli.commands.train:app", "Train a network that stylizes in one pass."),
    "sweep": (
        "brushwork.cli.commands.sweep:app",
        "Paint every combination of some settings at a small size, to choose from.",
    ),
    "style": (
        "brushwork.cli.commands.style:app",
        "Extract styles into files, blend them, and combine paintings.",
    ),
    "evaluate": (
        "brushwork.cli.commands.evaluate:evaluate",
        "Measure how close results are to their content and style images.",
    ),
    "models": ("brushwork.cli.commands.models:app", "List the trained networks that stylize in one pass."),
    "presets": ("brushwork.cli.commands.presets:presets", "List the presets: the settings of published programs."),
    "studio": ("brushwork.cli.commands.studio:studio", "Open a page in the browser to paint in, on this machine."),
    "worker": ("brushwork.cli.commands.worker:worker", "Paint what the studio's queue holds."),
    "queue": ("brushwork.cli.commands.queue:app", "List, pause, cancel and repeat the studio's paintings."),
    "weights": ("brushwork.cli.commands.weights:app", "List, fetch and add the networks' weights."),
    "completion": ("brushwork.cli.commands.completion:completion", "Print a script for completion in the shell."),
    "doctor": ("brushwork.cli.commands.doctor:doctor", "Check what this machine has, what is wrong, and what to do."),
}
"""Name → module and function, and its line in the list of commands."""

_INPUTS = {"evaluate": "RESULT...", "presets": "[NAME...]", "reproduce": "[EXPERIMENT...]", "texture": "IMAGE..."}
"""Command → its inputs in the usage line, for commands that take any number."""


def make_app(given: Sequence[str], is_brief: bool = False) -> App:
    """Return the command's app. A subcommand is imported only when it is called; the list shows just its line."""
    app = App(
        name="brushwork",
        help=_HELP,
        version=f"brushwork {__version__}",
        config=(require_streams, load_config_file, load_environment, negate_settings, note_settings),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        help_formatter=BriefFormatter() if is_brief else None,
    )
    for place, (name, (target, line)) in enumerate(COMMANDS.items()):
        usage = {"usage": f"Usage: brushwork {name} [OPTIONS] {_INPUTS[name]}"} if name in _INPUTS else {}
        app.command(target, name=name, help=None if name in given else line, sort_key=place, **usage)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code.

    0: success; 1: failure; 2: invalid input; 130, 143 and 129: ended by Ctrl-C, SIGTERM or SIGHUP.
    """
    if arguments is not None:
        return _run(arguments)
    with SIGNALS.listen():  # signal handlers: the command owns the process
        tune_process()
        configure_streams()
        settle_temporary()
        code = _run(sys.argv[1:])
    SIGNALS.ignore()
    return code


def _run(given: Sequence[str]) -> int:
    try:
        with cache_pipes():
            tokens, is_brief = split_help(given)
            code = make_app(given, is_brief)(
                [DASH if token == "-" else token for token in tokens], exit_on_error=False, print_error=False
            )
        if sys.stdout is not None:
            sys.stdout.flush()
    except CycloptsError as error:
        help_command = shlex.join(["brushwork", *(error.command_chain or ()), "--help"])
        print_failure(f"{_one_line(error)} Try {help_command}.")
        return USAGE
    except BrushworkError as error:
        print_failure(format_error(error))
        return exit_code_for(error)
    except InterruptedRunError as interruption:
        log(f"brushwork: {interruption}{_how_to_go_on(given) if interruption.is_resumable else ''}")
        return interruption.code
    except KeyboardInterrupt as interruption:
        log("brushwork: interrupted")
        return interrupt_exit_code(interruption)
    except BrokenPipeError:
        discard_stdout()
        return FAILURE
    except PermissionError as error:
        print_failure(f"{error.filename} is not accessible ({error.strerror}): check its permissions and its folder's.")
        return USAGE
    except Exception as error:
        if number := SIGNALS():  # its exception was lost in C code, as when torch imports numpy, and led to this one
            log("brushwork: interrupted")
            return interrupt_exit_code(StopSignalError(number))
        return _report_unexpected(error)
    return code if isinstance(code, int) else 0


def _one_line(error: CycloptsError) -> str:
    line = " ".join(str(error).split())
    return line if line.endswith((".", "?")) else f"{line}."


def _how_to_go_on(given: Sequence[str]) -> str:
    end = given.index("--") if "--" in given else len(given)  # what follows are names
    flags = [*given[:end], *([] if "--resume" in given[:end] else ["--resume"])]
    resumed = [*flags, *given[end:]]
    return f"\nbrushwork: continue with: brushwork {to_command_line(resumed)}"


def _report_unexpected(error: Exception) -> int:
    """Report an unexpected error, which is a bug of brushwork, and return the exit code."""
    if os.environ.get("BRUSHWORK_DEBUG"):
        traceback.print_exc()
    else:
        what = f"{type(error).__name__}: {format_error(error)}"
        print_failure(f"unexpected: {what}. Please report this, with the output of BRUSHWORK_DEBUG=1.")
    return FAILURE

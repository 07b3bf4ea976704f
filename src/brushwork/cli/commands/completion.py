"""`brushwork completion`: a script with which a shell completes commands, options, their choices, and files.

cyclopts completes names of files only for parameters typed `Path`, and in bash splits names at spaces. Here bash itself
completes them, and zsh by `_files`. It also takes the name of any subcommand for one, wherever it stands; here bash
does so only after the command that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cyclopts import App

from brushwork.cli.main import COMMANDS, make_app
from brushwork.cli.output import print_result

_BASH = {
    'COMPREPLY=( $(compgen -f -- "${cur}") )': "COMPREPLY=()",
    "complete -F _brushwork brushwork": "complete -o bashdefault -o default -F _brushwork brushwork",
}
"""Replacements in the script of bash: where it has no words to offer, bash completes names of files."""

_IS_COMMAND = '[[ " $all_commands " =~ " $word " ]]'
"""In the script of bash: whether a word is the name of a command."""

_WITHOUT_ACTION = re.compile(r"^( +'(?:\d+|\*):(?:[^:\\\n]|\\.)+)('(?: \\)?)$", re.MULTILINE)
"""A positional in the script of zsh, `'number:description'`, for which nothing is completed."""


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print a script with which your shell completes commands, options, their fixed choices, and files.

    Save it where the shell looks for such scripts, and open a new shell:
    bash: `brushwork completion bash > ~/.local/share/bash-completion/completions/brushwork`;
    zsh: `brushwork completion zsh > _brushwork`, in a folder of `$fpath`;
    fish: `brushwork completion fish > ~/.config/fish/completions/brushwork.fish`.

    Parameters
    ----------
    shell
        The shell that reads it.
    """
    app = make_app(list(COMMANDS))
    script = app.generate_completion(shell=shell)
    if shell == "bash":
        script = _correct_bash(script, app)
    elif shell == "zsh":
        script = _WITHOUT_ACTION.sub(r"\1:_files\2", script)
    print_result(script)
    return 0


def _correct_bash(script: str, app: App) -> str:
    for generated, replacement in _BASH.items():
        script = script.replace(generated, replacement)
    paths = "".join(f"{path}|" for path in _command_paths(app))
    return script.replace(_IS_COMMAND, f"[[ '|{paths}' == *\"|${{cmd_path[*]}}${{cmd_path:+ }}$word|\"* ]]")


def _command_paths(app: App, before: str = "") -> Iterator[str]:
    """Yield the words of each command and subcommand, such as `style blend`."""
    for name in app:
        if not name.startswith("-"):
            yield before + name
            yield from _command_paths(app[name], f"{before}{name} ")

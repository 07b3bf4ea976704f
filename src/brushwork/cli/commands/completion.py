"""`brushwork completion`: a script with which a shell completes commands, options and their values.

cyclopts completes names of files only for parameters typed `Path`, and in bash splits names at spaces. Here bash itself
completes them, and zsh by `_files`.
"""

from __future__ import annotations

import re
from typing import Literal

from brushwork.cli.main import COMMANDS, make_app
from brushwork.cli.output import print_result

_BASH = {
    'COMPREPLY=( $(compgen -f -- "${cur}") )': "COMPREPLY=()",
    "complete -F _brushwork brushwork": "complete -o bashdefault -o default -F _brushwork brushwork",
}
"""Replacements in the script of bash: where it has no words to offer, bash completes names of files."""

_WITHOUT_ACTION = re.compile(r"^( +'(?:\d+|\*):(?:[^:\\\n]|\\.)+)('(?: \\)?)$", re.MULTILINE)
"""A positional in the script of zsh, `'number:description'`, for which nothing is completed."""


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print a script with which your shell completes commands, options, the choices of an option, and names of files.

    Save it where the shell looks for such scripts, and open a new shell:
    bash: `brushwork completion bash > ~/.local/share/bash-completion/completions/brushwork`;
    zsh: `brushwork completion zsh > _brushwork`, in a folder of `$fpath`;
    fish: `brushwork completion fish > ~/.config/fish/completions/brushwork.fish`.

    Parameters
    ----------
    shell
        The shell that reads it.
    """
    print_result(_complete_files(make_app(list(COMMANDS)).generate_completion(shell=shell), shell))
    return 0


def _complete_files(script: str, shell: str) -> str:
    if shell == "bash":
        for generated, replacement in _BASH.items():
            script = script.replace(generated, replacement)
    return _WITHOUT_ACTION.sub(r"\1:_files\2", script) if shell == "zsh" else script

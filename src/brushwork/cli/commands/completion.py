"""`brushwork completion`: a script with which a shell completes commands, options and their values."""

from __future__ import annotations

from typing import Literal

from brushwork.cli.main import COMMANDS, make_app
from brushwork.cli.output import print_result


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print a script with which your shell completes commands, options and their values.

    Save it where the shell looks for such scripts, and open a new shell:
    bash: `brushwork completion bash > ~/.local/share/bash-completion/completions/brushwork`;
    zsh: `brushwork completion zsh > _brushwork`, in a folder of `$fpath`;
    fish: `brushwork completion fish > ~/.config/fish/completions/brushwork.fish`.

    Parameters
    ----------
    shell
        The shell that reads it.
    """
    print_result(make_app(list(COMMANDS)).generate_completion(shell=shell))
    return 0

"""The reference: pages of the command line and of Python, generated from the command's help and the public names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

import brushwork
from brushwork.cli.main import COMMANDS, make_app

PYTHON = """Python
======

The public names of the package, by subject. :doc:`/python` shows how they are used together; the options that a class
shares with others are explained where the command line has them: :doc:`/reference/commands`.
"""

COMMAND_LINE = """Command line
============

What ``--help`` says of every command (``brushwork paint --help-all``). Every option can also be set in a file
(``--config FILE.toml``), and as an environment variable: ``BRUSHWORK_SIZE=768``. Variables, and a file named by
``BRUSHWORK_CONFIG``, are for all commands: they do not set options whose name means something else in others
(``--size`` of ``texture``, ``evaluate`` and ``reproduce``, ``--network`` and ``--flow`` of ``evaluate``,
``--engine`` of ``reproduce``, ``--style`` of these two and of ``models export``, the options of a training, and
``--output`` of commands that write no painting or film), and options that a command does not have are ignored.
Results go to stdout, progress and messages to stderr. Exit codes: 0 success, 1 failure, 2 invalid input, 130, 143 and
129 ended by Ctrl-C, SIGTERM and SIGHUP.

"""

TOCTREE = """
.. toctree::
   :hidden:

"""

PLAN = """
It takes the options of the commands that it plans: :doc:`paint`, :doc:`texture` and :doc:`reconstruct`.
"""
"""Instead of the options themselves, which would fill the longest page of all."""

HEADINGS = {
    "jobs": "Jobs: from files to a file",
    "recipes": "Optimizing an image",
    "feedforward": "One pass through a trained network",
    "training": "Training networks",
    "images": "Images",
    "style": "Styles",
    "controls": "Style files and inputs",
    "encoders": "Encoders",
    "losses": "Losses",
    "objective": "Objectives",
    "gradients": "Gradients",
    "optim": "Optimizers",
    "metrics": "Evaluation",
    "types": "Values",
    "errors": "Errors",
}
"""Package or module of the names → heading, in the order of the page."""

DATA = {"PRESETS": "The presets by name: the options of published programs, and ``default``."}


def write_reference(folder: Path) -> None:
    """Write the pages of the reference; those that have not changed stay, so that they are not read anew."""
    pages = {"python": python_page(), "commands": commands_page()}
    app = make_app(list(COMMANDS))
    pages |= {f"commands/{name}": command_page(app[name], name) for name in COMMANDS}
    (folder / "commands").mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        page = folder / f"{name}.rst"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def python_page() -> str:
    """Return the page of all public names."""
    homes = public_homes()
    assert homes.keys() | {"__version__"} == set(brushwork.__all__), "a public name is missing from the reference"
    assert {home.split(".")[1] for home in homes.values()} <= HEADINGS.keys(), "a package needs a heading"
    parts = [PYTHON]
    for package, heading in HEADINGS.items():
        parts += [f"{heading}\n{'-' * len(heading)}\n"]
        parts += [_directive(name) for name, home in homes.items() if home.split(".")[1] == package]
    return "\n".join(parts)


def public_homes() -> dict[str, str]:
    """Return each public name and the module that `brushwork` takes it from."""
    tree = ast.parse(Path(str(brushwork.__file__)).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def _directive(name: str) -> str:
    member = getattr(brushwork, name)
    if inspect.isclass(member):
        return f".. autoclass:: brushwork.{name}\n   :members:\n"
    if callable(member):
        return f".. autofunction:: brushwork.{name}\n"
    return f".. py:data:: brushwork.{name}\n\n   {DATA[name]}\n"


def commands_page() -> str:
    """Return the page that lists the commands, each with its line."""
    lines = [f":doc:`brushwork {name} <commands/{name}>`\n    {line}\n\n" for name, (_, line) in COMMANDS.items()]
    return COMMAND_LINE + "".join(lines) + TOCTREE + "".join(f"   commands/{name}\n" for name in COMMANDS)


def command_page(app: App, name: str) -> str:
    """Return the page of a command and its subcommands: what their help says."""
    page = str(app.generate_docs("rst", recursive=name != "plan", usage_name=f"brushwork {name}"))
    if name == "plan":
        page = page.partition("**Arguments:**")[0] + PLAN
    page = re.sub(r"\.\. contents:: .*\n(?:   .*\n)+", "", page)
    page = re.sub(r"^    brushwork [\w -]*?(?=brushwork )", "    ", page, flags=re.MULTILINE)  # usage lines of our own
    page = re.sub(r"^(    brushwork .*?) -m \w+", r"\1", page, flags=re.MULTILINE)  # `python -m sphinx` runs this
    page = re.sub(r"^\.\. _cyclopts-.*:\n", "", page, flags=re.MULTILINE)
    page = re.sub(r"\A\s*=+\n.*\n=+\n", f"brushwork {name}\n{'=' * (10 + len(name))}\n", page)
    return re.sub(r"_(?=[…*])", r"\\_", page)  # a name with an underscore at its end would be a reference


def docstring_to_rst(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Rewrite a docstring as reStructuredText: escape its punctuation, and set Raises, Source and Differs apart."""
    lines[:] = [line for given in lines for line in _rst_lines(given)]


def _rst_lines(line: str) -> Iterator[str]:
    text = "".join(part if place % 2 else re.sub(r"([*|_\\])", r"\\\1", part) for place, part in _spans(line))
    note = re.match(r"(\s*)(Raises|Source|Sources|Differs): ", text)
    if note:
        yield ""
        text = f"{note[1]}*{note[2]}*: {text[note.end() :]}"
    yield text


def _spans(line: str) -> Iterator[tuple[int, str]]:
    for place, part in enumerate(line.split("`")):
        yield place, f"``{part}``" if place % 2 else part

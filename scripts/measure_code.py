"""Measure how far data travels through the source, and how long, annotated and documented the source is.

    python scripts/measure_code.py                # all measures, beside their goals
    python scripts/measure_code.py --walk paint   # one walk, function by function

**Walks.** A small real run is profiled: `paint` follows a content image to its PNG, `train` a training photograph to
its model file. A function is on the walk if, when it is called, one of its arguments, its object or a variable that it
encloses holds the data: itself, or within dataclasses, tuples, lists, dicts and objects, four levels deep. Data is

- a tensor, array or picture with the content's proportions, which no style image and no Gram matrix has here, or, in
  training, with the side of a crop or of its features; a vector with as many numbers as the image; once there is such
  an image, a tensor that requires a gradient, and, in training, a network with such weights; all as long as their
  values are there;
- the path of the content image, or of the photographs, from which it is read.

Functions count in the order of their first call. `files` are distinct files; a `return` is a step to a file that was
left before. Comprehensions and lambdas belong to the function that they stand in.

The study that asked for these measures counted by hand, before: 87 files and 91 returns for `paint`, 50 and 46 for
`train`. It also counted functions that receive only the size, the manifest or the losses, and left out what every call
passes through (properties, helpers of tensors). The second line of a walk leaves these out too: properties, and
functions that are called from two other files or more and give the data to no other function of the walk. The numbers
are close to the study's, not the same: compare a walk with itself from commit to commit.

**Source.** Lines of files and functions, with docstrings and comments; the share of functions whose arguments and
results are all annotated; the share of public functions and methods (no leading underscore, in no private class) with
a docstring, their own or, for a method, that of a method of the same name in another class: of its protocol or base.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from types import CodeType, FrameType
from typing import Any, NamedTuple

SOURCE = Path(__file__).parents[1] / "src" / "brushwork"
DEPTH = 4
VECTOR = 1000
"""Least numbers of a vector that may be an image."""

GOALS = {"paint": (40, 35), "train": (30, None)}
"""Walk → most files and most returns."""


class Walk(NamedTuple):
    """The functions of a walk, in the order of their first call."""

    functions: list[tuple[str, str]]
    """File, relative to the package, and function."""
    passed: frozenset[tuple[str, str]] = frozenset()
    """Those that every call passes through: properties, and helpers of several files."""

    def without_passed(self) -> Walk:
        """Return the walk without what every call passes through."""
        return Walk([one for one in self.functions if one not in self.passed])

    @property
    def files(self) -> list[str]:
        """Distinct files."""
        return list(dict.fromkeys(file for file, _ in self.functions))

    @property
    def returns(self) -> int:
        """Steps to a file that was left before."""
        way = [file for file, _ in self.functions]
        steps = [after for before, after in zip([None, *way], way, strict=False) if before != after]
        return len(steps) - len(set(steps))


class Tracer:
    """Profiler that records the functions that receive data."""

    def __init__(self, is_data: Callable[[Any], bool]) -> None:
        self._is_data = is_data
        self.found: dict[CodeType, tuple[str, str]] = {}
        self._callers: dict[CodeType, set[CodeType]] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Look at the arguments of a call."""
        code = frame.f_code
        if event != "call" or code.co_name.startswith("<") or not code.co_filename.startswith(str(SOURCE)):
            return
        if code not in self.found and any(self._holds(value, DEPTH, set()) for value in _inputs(frame)):
            self.found[code] = str(Path(code.co_filename).relative_to(SOURCE)), code.co_qualname
        if code in self.found and (caller := _caller(frame)) is not None:
            self._callers.setdefault(code, set()).add(caller)

    def walk(self) -> Walk:
        """Return the walk."""
        passing = {caller for callers in self._callers.values() for caller in callers}
        helpers = {
            place
            for code, place in self.found.items()
            if code not in passing
            and len({one.co_filename for one in self._callers.get(code, ())} - {code.co_filename}) > 1
        }
        return Walk(list(self.found.values()), frozenset(helpers | (set(self.found.values()) & _properties())))

    def _holds(self, value: Any, depth: int, seen: set[int]) -> bool:
        if id(value) in seen:
            return False
        seen.add(id(value))
        try:
            if self._is_data(value):
                return True
        except Exception:  # what cannot be asked is none
            return False
        return depth > 0 and any(self._holds(part, depth - 1, seen) for part in _parts(value))


def _caller(frame: FrameType) -> CodeType | None:
    """Return the nearest function of the package that a call comes from."""
    outer = frame.f_back
    while outer is not None:
        if outer.f_code.co_filename.startswith(str(SOURCE)) and not outer.f_code.co_name.startswith("<"):
            return outer.f_code
        outer = outer.f_back
    return None


def _properties() -> set[tuple[str, str]]:
    """Return file and name of the properties of the package."""
    return {
        (str(path.relative_to(SOURCE)), f"{owner.name}.{one.name}")
        for path in SOURCE.rglob("*.py")
        for owner in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(owner, ast.ClassDef)
        for one in owner.body
        if isinstance(one, ast.FunctionDef)
        and any(ast.unparse(mark).endswith("property") for mark in one.decorator_list)
    }


def _inputs(frame: FrameType) -> list[Any]:
    """Return the arguments of a call, and the variables that the function encloses."""
    code, local = frame.f_code, frame.f_locals
    flags = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    names = (*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + flags], *code.co_freevars)
    return [local[name] for name in names if name in local]


def _parts(value: Any) -> list[Any]:
    """Return what a container or an object of the package holds."""
    import torch

    if isinstance(value, torch.Tensor | torch.nn.Module | type):
        return []
    if isinstance(value, tuple | list):
        return list(value[:50])
    if isinstance(value, dict):
        return list(value.values())[:50]
    if is_dataclass(value):
        return [getattr(value, field.name, None) for field in fields(value)]
    known = type(value).__module__.startswith("brushwork")
    return list(vars(value).values()) if known and hasattr(value, "__dict__") else []


def data_of(*paths: Path, shapes: Callable[[int, int], bool], networks: bool = False) -> Callable[[Any], bool]:
    """Return whether a value is data: one of the paths, an image of such sides, a network in training."""
    import numpy as np
    import torch
    from PIL.Image import Image

    sizes: set[int] = set()

    def is_data(value: Any) -> bool:
        if isinstance(value, Path | str):
            return str(value) in {str(path) for path in paths}
        if isinstance(value, torch.nn.Module):
            return networks and bool(sizes) and any(one.requires_grad for one in value.parameters())
        if isinstance(value, Image):
            return shapes(value.height, value.width)
        if not isinstance(value, torch.Tensor | np.ndarray):
            return False
        sides = tuple(value.shape)
        if any(shapes(*pair) for pair in pairwise(sides)):
            sizes.add(int(np.prod(sides)))
            return True
        if isinstance(value, torch.Tensor) and value.requires_grad and sizes:
            return True
        return len(sides) == 1 and sides[0] >= VECTOR and sides[0] in sizes

    return is_data


def walk(name: str) -> Walk:
    """Return the walk of a small run in a temporary folder."""
    with tempfile.TemporaryDirectory() as place:
        arguments, is_data = {"paint": _paint, "train": _train}[name](Path(place))
        from brushwork.cli.main import main

        tracer = Tracer(is_data)
        before = Path.cwd()
        os.chdir(place)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
                sys.setprofile(tracer)
                try:
                    code = main(arguments)
                finally:
                    sys.setprofile(None)
        finally:
            os.chdir(before)
        if code:
            raise SystemExit(f"{name} ended with {code}: {said.getvalue()}")
        return tracer.walk()


def _picture(path: Path, height: int, width: int, seed: int) -> None:
    import torch

    from brushwork.images import write_image

    write_image(torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)), path)


def _paint(place: Path) -> tuple[list[str], Callable[[Any], bool]]:
    _picture(place / "content.png", 96, 168, 1)
    _picture(place / "style.png", 120, 70, 2)

    def shapes(height: int, width: int) -> bool:
        return height >= 4 and abs(width / height - 168 / 96) < 0.2

    arguments = ["paint", "content.png", "style.png", "-o", "out.png", "--size", "112", "--min-size", "56"]
    arguments += ["--iterations", "3", "--device", "cpu"]
    return arguments, data_of(Path("content.png"), place / "content.png", shapes=shapes)


def _train(place: Path) -> tuple[list[str], Callable[[Any], bool]]:
    (place / "photos").mkdir()
    for number in range(3):
        _picture(place / "photos" / f"{number}.png", 60, 105, number)
    _picture(place / "style.png", 120, 70, 9)

    def shapes(height: int, width: int) -> bool:
        is_crop = height == width and height >= 10 and height & (height - 1) > 0
        return is_crop or (height >= 4 and abs(width / height - 105 / 60) < 0.2)

    arguments = ["train", "johnson", "style.png", "--dataset", "photos", "-o", "model.safetensors", "--crop", "40"]
    arguments += ["--iterations", "2", "--batch", "1", "--width", "2", "--blocks", "1", "--val-images", "0"]
    files = [place / "photos" / f"{number}.png" for number in range(3)]
    relative = [Path("photos") / one.name for one in files]
    return [*arguments, "--style-size", "48", "--device", "cpu"], data_of(
        *files, *relative, shapes=shapes, networks=True
    )


class FunctionSize(NamedTuple):
    """A function of the source."""

    name: str
    lines: int
    is_annotated: bool
    is_public: bool
    is_documented: bool


def functions_of(tree: ast.Module) -> Iterator[FunctionSize]:
    """Return the functions and methods of a module."""

    def within(node: ast.AST, path: str, public: bool) -> Iterator[FunctionSize]:
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path}{one.name}"
                is_public = public and not one.name.startswith("_")
                yield FunctionSize(
                    name, _length(one), _is_annotated(one), is_public, ast.get_docstring(one) is not None
                )
                yield from within(one, f"{name}.", public=False)
            elif isinstance(one, ast.ClassDef):
                yield from within(one, f"{path}{one.name}.", public and not one.name.startswith("_"))
            elif isinstance(one, ast.If | ast.Try | ast.With):
                yield from within(one, path, public)

    yield from within(tree, "", public=True)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    given += [one for one in (node.args.vararg, node.args.kwarg) if one]
    bound = {"self", "cls", "mcs"}
    return node.returns is not None and all(one.annotation or one.arg in bound for one in given)


def _spread(numbers: list[int]) -> str:
    return f"{median(numbers):g} / {quantiles(numbers, n=20)[-1]:g} / {max(numbers)}"


def print_source() -> None:
    """Print the measures of files and functions."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    lines = {path: text.count("\n") for path, text in texts.items()}
    found = _all_functions()
    inner = [count for path, count in lines.items() if path.name != "__init__.py"]
    public = [one for one in found if one.is_public]
    print(f"files                          {len(lines)}, {sum(lines.values()):,} lines")
    print(f"file median / p95 / longest    {_spread(inner)}   (goal: median 80 to 220, none over 300)")
    print(f"files under 50 lines           {sum(one < 50 for one in inner) / len(inner):.0%}")
    print(f"function median / p95 / longest {_spread([one.lines for one in found])}   (goal: as 6 / 19 / 70)")
    print(f"annotated                      {sum(one.is_annotated for one in found) / len(found):.1%}   (goal: 100 %)")
    print(
        f"public functions documented    {sum(one.is_documented for one in public) / len(public):.1%} of {len(public)}"
        "   (goal: 100 %)"
    )
    for path, count in lines.items():
        if count > 300:
            print(f"  over 300 lines: {path.relative_to(SOURCE)} ({count})")


def _all_functions() -> list[FunctionSize]:
    """Return the functions of the package; a method is documented as one of its name in another class is."""
    found = [
        one._replace(name=f"{path.relative_to(SOURCE)}: {one.name}")
        for path in sorted(SOURCE.rglob("*.py"))
        for one in functions_of(ast.parse(path.read_text(encoding="utf-8")))
    ]
    methods = {_method(one) for one in found if one.is_documented} - {""}
    return [one._replace(is_documented=one.is_documented or _method(one) in methods) for one in found]


def _method(one: FunctionSize) -> str:
    """Return the name of a method; empty for a function."""
    owner, _, name = one.name.partition(": ")[2].rpartition(".")
    return name if owner else ""


def print_undocumented() -> None:
    """Print the public functions without a docstring, and functions that are not annotated."""
    for one in _all_functions():
        if one.is_public and not one.is_documented:
            print(f"not documented: {one.name}")
        if not one.is_annotated:
            print(f"not annotated: {one.name}")


def print_walk(name: str, found: Walk) -> None:
    """Print the measures of a walk beside its goals, all of it and without what every call passes through."""
    files, returns = GOALS[name]
    goal = f"at most {files} files" + (f" and {returns} returns" if returns else "")
    for title, one in ((f"walk {name}", found), ("  without what all pass through", found.without_passed())):
        packages = len({Path(file).parts[0] for file in one.files})
        print(
            f"{title:30} {len(one.functions)} functions, {len(one.files)} files, {packages} packages, "
            f"{one.returns} returns   (goal: {goal})"
        )


def main() -> int:
    """Print the measures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walk", choices=GOALS, help="list the functions of one walk")
    parser.add_argument("--list", action="store_true", help="list what is not documented or annotated")
    given = parser.parse_args()
    if given.list:
        print_undocumented()
    elif given.walk:
        found = walk(given.walk)
        for file, function in found.functions:
            print(f"{file:45} {function}{'   (all pass through)' if (file, function) in found.passed else ''}")
        print_walk(given.walk, found)
    else:
        print_source()
        for name in GOALS:
            print_walk(name, walk(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())

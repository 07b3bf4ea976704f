"""Help texts from the source of option classes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields
from functools import cache
from itertools import pairwise


def field_docs(kind: type) -> dict[str, str]:
    """Return the docstring of each field of a dataclass, bases included, on one line."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one is not object:
            found |= _field_docstrings(one)
    return found


def describe_fields(kind: type) -> dict[str, str]:
    """Return the help of each field: its docstring, and what the field's `help` returns, such as a list of names."""
    more = {field.name: field.metadata["help"]() for field in fields(kind) if "help" in field.metadata}
    return {name: " ".join(filter(None, (text, more.get(name)))) for name, text in field_docs(kind).items()}


def first_doc_line(kind: type) -> str:
    """Return the first line of a class's docstring."""
    return (kind.__doc__ or "").partition("\n")[0]


@cache
def _field_docstrings(kind: type) -> tuple[tuple[str, str], ...]:
    """Return the fields that a class itself defines, with their docstrings on one line.

    It is cached, since many option classes share their bases.
    """
    try:
        source = textwrap.dedent(inspect.getsource(kind))
    except OSError:  # installed without sources: flags without help are better than none
        return ()
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    found = []
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(written))):
                found.append((name, " ".join(written.split())))
    return tuple(found)


def class_title(name: str) -> str:
    """Return a class name as the title of a panel: LossNormalization → Loss normalization."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])", " ", name).split()
    return " ".join(word if word.isupper() or not place else word.lower() for place, word in enumerate(words))

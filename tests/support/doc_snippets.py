"""What the documents show to be run: commands and Python, from README.md and docs/, with the place of each.

What cannot be run here (several machines, a quarter of an hour of training) stands in a section with the comment
`<!-- parsed only: WHY -->`. It holds for the rest of its section, subsections included; what follows is only parsed.
Words in capitals stand for a name of the reader's (`brushwork weights get NAME`): such commands are only parsed too.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "reference"
"""What `make docs` writes before it reads the pages."""

WRITTEN = tuple(page for page in sorted(DOCS.rglob("*.md")) if GENERATED not in page.parents)
PAGES = (ROOT / "README.md", *WRITTEN)

_PROGRAMS = ("brushwork", "torchrun", "python", "pytest", "make", "pip")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n)+)")
_INLINE = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_MARK = re.compile(r"^<!-- parsed only: \S.* -->$", re.MULTILINE)
_ASSIGNED = re.compile(r"[A-Z_]+=\S*")


@dataclass(frozen=True)
class Snippet:
    """Something that a page shows to be run."""

    page: str
    line: int
    text: str
    parsed_only: bool
    in_prose: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """A command's words as a shell makes them, without the environment before them."""
        words = shlex.split(self.text, comments=True)
        return tuple(words[next(place for place, word in enumerate(words) if not _ASSIGNED.fullmatch(word)) :])

    @property
    def environment(self) -> dict[str, str]:
        """What is set before a command."""
        words = shlex.split(self.text, comments=True)
        return dict(word.split("=", 1) for word in words[: len(words) - len(self.words)])

    @property
    def has_blanks(self) -> bool:
        """Whether some word is the reader's to fill in."""
        return any(re.fullmatch("[A-Z]+", word) for word in self.words)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {' '.join(self.words)}"


def commands() -> list[Snippet]:
    """Every command of every page, each once: of two places where it is run, and in a block rather than in prose."""
    found: dict[tuple[str, ...], Snippet] = {}
    everywhere = (snippet for page in PAGES for snippet in _commands(page))
    for snippet in sorted(everywhere, key=lambda one: (one.parsed_only, one.in_prose)):
        found.setdefault(snippet.words, snippet)
    return list(found.values())


def python_blocks() -> dict[str, list[Snippet]]:
    """The Python of every page that shows some."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [_snippet(page, text, part.start(2), part[2]) for part in _FENCE.finditer(text) if part[1] == "python"]
        if blocks:
            found[_name(page)] = blocks
    return found


def _commands(page: Path) -> Iterator[Snippet]:
    text = page.read_text(encoding="utf-8")
    blocks = [(part.start(2), part[2]) for part in _FENCE.finditer(text) if part[1] in ("sh", "")]
    prose = _FENCE.sub(lambda part: re.sub(r"\S", " ", part[0]), text)
    blocks += [(part.start(), part[0]) for part in _INDENTED.finditer(prose)]
    prose = _INDENTED.sub(lambda part: re.sub(r"\S", " ", part[0]), prose)
    for start, block in blocks:
        for line in re.finditer(r"(?:.*\\\n)*.+", block):
            yield from _command(page, text, start + line.start(), line[0].replace("\\\n", " "), False)
    for span in _INLINE.finditer(prose):
        yield from _command(page, text, span.start(), " ".join(span[1].split()), True)


def _command(page: Path, text: str, start: int, command: str, in_prose: bool) -> Iterator[Snippet]:
    """The command, if it is one with at least one word after the program."""
    program = re.match(rf"\s*(?:{_ASSIGNED.pattern} )*({'|'.join(_PROGRAMS)}) +\S", command)
    if program:
        yield _snippet(page, text, start, command.strip(), in_prose)


def _snippet(page: Path, text: str, start: int, content: str, in_prose: bool = False) -> Snippet:
    line = text.count("\n", 0, start) + 1
    return Snippet(_name(page), line, content, _is_marked(text, start), in_prose)


def _is_marked(text: str, place: int) -> bool:
    """Whether a mark stands before this place, in its section or in one that holds its section."""
    text = _FENCE.sub(lambda part: re.sub("[^\n]", " ", part[0]), text)  # a comment of a shell is no heading
    for mark in _MARK.finditer(text, 0, place):
        before = [len(heading[1]) for heading in _HEADING.finditer(text, 0, mark.start())]
        between = [len(heading[1]) for heading in _HEADING.finditer(text, mark.end(), place)]
        if all(level > before[-1] for level in between):
            return True
    return False


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()

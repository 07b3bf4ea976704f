"""How `fuzz_inputs.py` damages files: bytes anywhere, and what stands behind checksums and lengths."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Callable, Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_VALUES = (
    "0", "-1", "1", "1e9", "1e999", "-1e999", "nan", "-inf", "true", '""', '"-"', '"conv9_9"', '"\\u0000"', "[]",
    "{}", "[[1]]", '["relu1_1", "relu1_1"]', "1979-05-27", "9223372036854775808", '"../photo.png"', '"ü\U0001f600"',
)  # fmt: skip
"""Of settings."""
_STORY = (None, -1, 0, 1, 2**63, 1e308, "", "x", [], {}, [1, 2], {"a": 1}, True, "\0", "\ud800")
"""Values of JSON."""


def damaged(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """A file like this one, damaged in one to three ways."""
    ways: list[Callable[[bytes, random.Random], bytes]] = [_bits, _bits, _numbers, _cut, _removed, _added, _repeated]
    if content.startswith(_SIGNATURE):
        ways += [_png_chunk] * 7
    elif content[8:9] == b"{":
        ways += [_tensor_header] * 12
    elif _is_text(content):
        ways = [_setting] * 6 + [_bits, _cut, _removed, _added]
    if dice.random() < 0.05:
        return _spliced(content, dice.choice(others), dice)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        content = dice.choice(ways)(content, dice)
    return content


def _is_text(content: bytes) -> bool:
    return b"\0" not in content and b"=" in content and len(content) < 2000


def _bits(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 8, 40)) if changed else 0):
        changed[_place(content, dice)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _numbers(content: bytes, dice: random.Random) -> bytes:
    """A number of 1, 2, 4 or 8 bytes, mostly near the beginning, where sizes stand."""
    width = dice.choice((1, 2, 4, 8))
    place = _place(content[: dice.choice((64, 512, len(content)))], dice)
    number = (dice.choice(_NUMBERS) % 256**width).to_bytes(width, dice.choice(("big", "little")))
    return content[:place] + number + content[place + width :]


def _place(content: bytes, dice: random.Random) -> int:
    """Mostly not among the first bytes, by which a kind of file is known."""
    first = min(8, len(content) - 1) if dice.random() < 0.9 else 0
    return dice.randrange(max(0, first), max(1, len(content)))


def _cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1) if dice.random() < 0.8 else dice.choice((0, 1, -1))]


def _removed(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content) + 1)
    return content[:place] + content[place + dice.choice((1, 2, 4, 100)) :]


def _added(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content) + 1)
    return content[:place] + dice.randbytes(dice.choice((1, 2, 4, 100))) + content[place:]


def _repeated(content: bytes, dice: random.Random) -> bytes:
    place, length = dice.randrange(len(content) + 1), dice.choice((4, 16, 256))
    return content[: place + length] + content[place:]


def _spliced(content: bytes, other: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)] + other[dice.randrange(len(other) + 1) :]


def _png_chunk(content: bytes, dice: random.Random) -> bytes:
    """One chunk damaged, left out, repeated or moved; its length and checksum are right."""
    chunks, rest = [], content[len(_SIGNATURE) :]
    while len(rest) >= 12:
        length = int.from_bytes(rest[:4], "big")
        chunks.append((rest[4:8], rest[8 : 8 + length]))
        rest = rest[12 + length :]
    if not chunks:
        return content
    place = dice.randrange(len(chunks))
    kind, body = chunks.pop(place)
    match dice.randrange(6):
        case 0:
            pass
        case 1:
            chunks[place:place] = [(kind, body)] * 2
        case 2:
            chunks.insert(dice.randrange(len(chunks) + 1), (kind, body))
        case 3 if kind == b"IDAT":
            chunks.insert(place, (kind, _compressed(body, dice)))
        case _:
            chunks.insert(place, (kind, dice.choice((_bits, _numbers, _cut, _added))(body, dice)))
    packed = (
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big") for kind, body in chunks
    )
    return _SIGNATURE + b"".join(packed)


def _compressed(body: bytes, dice: random.Random) -> bytes:
    """Bits of what was compressed are changed; of the bytes themselves, where these are damaged already."""
    try:
        return zlib.compress(_bits(zlib.decompressobj().decompress(body), dice))
    except zlib.error:
        return _bits(body, dice)


def _tensor_header(content: bytes, dice: random.Random) -> bytes:
    """A value in the header of a safetensors file, or in the JSON within its metadata; or a number of a tensor."""
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + length])
    except ValueError:
        return _bits(content, dice)
    data = bytearray(content[8 + length :])
    told = header.get("__metadata__")
    if dice.random() < 0.3 and len(data) >= 4:
        place = 4 * dice.randrange(len(data) // 4)
        data[place : place + 4] = dice.choice((b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f", b"\0\x7c\0\xfc"))
    elif isinstance(told, dict) and told and dice.random() < 0.8:
        entry = dice.choice(sorted(told))
        try:
            story = json.loads(told[entry])
        except ValueError:
            story = told[entry]
        told[entry] = json.dumps(_changed(story, dice))
    else:
        header = _changed(header, dice)
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + bytes(data)


def _changed(value: object, dice: random.Random) -> object:
    """One value somewhere within, replaced, or left out, or called otherwise."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(sorted(value))
        match dice.randrange(8):
            case 0:
                return {name: one for name, one in value.items() if name != key}
            case 1:
                return {f"{name}_" if name == key else name: one for name, one in value.items()}
            case _:
                return {**value, key: _changed(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [_changed(one, dice) if index == place else one for index, one in enumerate(value)]
    return dice.choice(_STORY)


def _setting(content: bytes, dice: random.Random) -> bytes:
    """One line's name or value changed, a line twice, or one that is unknown."""
    lines = content.decode(errors="replace").splitlines() or [""]
    place = dice.randrange(len(lines))
    name, _, value = lines[place].partition("=")
    match dice.randrange(7):
        case 0:
            lines.insert(place, lines[place])
        case 1:
            lines[place] = f"{name.strip()[:-1] or 'x'} = {value}"
        case 2:
            lines.insert(place, f"[{name.strip() or 'table'}]")
        case 3 if re.search(r"\d", value):
            lines[place] = f"{name} = {re.sub(r'[0-9.]+', lambda _: dice.choice(('0', '-3', '1e30', '2.5')), value)}"
        case _:
            lines[place] = f"{name} = {dice.choice(_VALUES)}"
    return "\n".join(lines).encode()

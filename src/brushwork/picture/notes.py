"""What a person is told about a file."""

from __future__ import annotations

from brushwork.errors import InputError

LAB_NOTE = "converted from Lab to sRGB"


def frames_note(frames: int, used: int = 0) -> tuple[str, ...]:
    """That a file holds more than the one picture that is used of it (counted from 0)."""
    if frames <= 1:
        return ()
    return (f"{frames} frames: only {'the first' if used == 0 else f'number {used + 1}'} is used",)


def damaged_file_error(name: str, error: BaseException) -> InputError:
    """The error for a file that a decoder gave up on, with the decoder's reason."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{name} is damaged or cut short, and cannot be decoded ({reason}): get the file again.")

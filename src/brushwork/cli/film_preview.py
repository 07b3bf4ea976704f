"""Write a preview of a film, and print what each method would take."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from brushwork import video
from brushwork.cli.film_progress import FilmProgress
from brushwork.cli.film_request import FilmRequest
from brushwork.cli.output import print_json, print_result
from brushwork.cli.progress import format_minutes, make_display
from brushwork.cli.signals import SIGNALS


def write_preview(request: FilmRequest, *, quiet: bool) -> Path:
    """Paint and write the preview; return its path, and print what each method would take unless `quiet`."""
    output, flags = request.preview_output(), request.flags
    methods = request.methods()
    request.make_folder()
    events = video.preview_film(methods, output, memory=flags.memory)
    finished = None
    with make_display(output.name, flags.quiet) as display, closing(events):
        progress = FilmProgress(display)
        for event in events:
            SIGNALS.require_none()
            progress.show(event)
            if isinstance(event, video.PreviewFinished):
                finished = event
    assert finished is not None
    if not quiet:
        _report(finished, flags.json)
    return finished.path


def _report(finished: video.PreviewFinished, is_json: bool) -> None:
    methods = [one._asdict() for one in finished.methods]
    if is_json:
        print_json({"path": str(finished.path), "frames": finished.frames, "methods": methods})
        return
    for one in finished.methods:
        print_result(
            f"{one.title}: {one.seconds_a_frame:.2f} s a frame, {format_minutes(one.seconds)} for the whole film"
        )
    print_result(str(finished.path))

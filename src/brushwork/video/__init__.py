"""Stylize films: read and write clips, optical flow, temporal consistency, segments that survive a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.video.clip import open_clip
    from brushwork.video.events import AnalysisProgress, FilmEvent, FilmFinished, FilmStarted, FrameDone, ShotStarted
    from brushwork.video.film_job import FilmJob
    from brushwork.video.film_plan import FilmPlan, plan_film
    from brushwork.video.options import FilmOptions, FrameSelection, SequenceOptions
    from brushwork.video.run import run_film
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "AnalysisProgress",
    "FilmEvent",
    "FilmFinished",
    "FilmJob",
    "FilmOptions",
    "FilmPlan",
    "FilmStarted",
    "FrameDone",
    "FrameSelection",
    "SequenceOptions",
    "ShotStarted",
    "open_clip",
    "plan_film",
    "run_film",
]

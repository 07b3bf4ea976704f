"""Stylize films: reading clips, writing films, optical flow, temporal consistency, segments that survive a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.video.clip_file import open_clip
    from brushwork.video.events import (
        AnalysisProgress,
        FilmEvent,
        FilmFinished,
        FilmStarted,
        FrameDone,
        MethodPlan,
        MethodStarted,
        PassFrame,
        PreviewFinished,
        ShotDone,
        ShotStarted,
    )
    from brushwork.video.film_evaluation import evaluate_film
    from brushwork.video.film_job import FilmJob
    from brushwork.video.film_metrics import FilmMetrics, PairMetrics, summarize_film
    from brushwork.video.film_plan import FilmPlan, plan_film
    from brushwork.video.film_report import write_film_report
    from brushwork.video.flow_files import FolderFlow
    from brushwork.video.options import FilmOptions, FrameSelection, OptimizedFilmOptions
    from brushwork.video.presets import FILM_PRESETS, load_film_preset
    from brushwork.video.preview import preview_film
    from brushwork.video.run import run_film
    from brushwork.video.selected_clip import rate_of_pictures, select_original
    from brushwork.video.signatures import is_film, is_still_picture
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "FILM_PRESETS",
    "AnalysisProgress",
    "FilmEvent",
    "FilmFinished",
    "FilmJob",
    "FilmMetrics",
    "FilmOptions",
    "FilmPlan",
    "FilmStarted",
    "FolderFlow",
    "FrameDone",
    "FrameSelection",
    "MethodPlan",
    "MethodStarted",
    "OptimizedFilmOptions",
    "PairMetrics",
    "PassFrame",
    "PreviewFinished",
    "ShotDone",
    "ShotStarted",
    "evaluate_film",
    "is_film",
    "is_still_picture",
    "load_film_preset",
    "open_clip",
    "plan_film",
    "preview_film",
    "rate_of_pictures",
    "run_film",
    "select_original",
    "summarize_film",
    "write_film_report",
]

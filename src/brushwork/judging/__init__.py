"""Judging: how near a result is to its photograph and its painting, in networks that it was not painted with."""

from __future__ import annotations

from brushwork.judging.judgement import Judgement
from brushwork.judging.jury import JUDGED_AT, Jury, judge
from brushwork.judging.lpips import Lpips
from brushwork.judging.viewpoint import Viewpoint

__all__ = ["JUDGED_AT", "Judgement", "Jury", "Lpips", "Viewpoint", "judge"]

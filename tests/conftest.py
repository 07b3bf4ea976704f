"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a busy machine takes longer than 200 ms for an example, and nothing is wrong

"""The fast path on processors: convolutions in C++, by Winograd's minimal filtering, keeping bits instead of maps."""

from __future__ import annotations

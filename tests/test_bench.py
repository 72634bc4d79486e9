"""The table of the benchmarks from made-up measurements: goals that are met and goals that are missed."""

import math

import pytest

from tools import bench, notebooks
from tools.measuring import Row, race, ratio, table


@pytest.mark.parametrize(
    "value, goal, met",
    [
        (1.02, "at most 1.03", True),
        (1.03, "at most 1.03", True),
        (1.04, "at most 1.03", False),
        (2.2, "at least 2.2", True),
        (2.1, "at least 2.2", False),
        (math.nan, "at most 1.3", False),  # what could not be measured
        (math.nan, "at least 1.3", False),
        (7, "", None),
    ],
)
def test_a_goal_is_met_or_missed(value, goal, met):
    assert Row("this", "that", value, goal).met is met


def times(ours, padded):
    """Three rounds on a machine that slows down: the ratios stay what they are."""
    seconds = {"ours": ours, "by hand": 1, "nn.MultiheadAttention": 1.6, "d2l": 2.5}
    seconds |= {f"{name}, padded": padded * took for name, took in seconds.items()}
    return {name: [took * slow for slow in (1, 5, 20)] for name, took in seconds.items()}


def missed(rows):
    return [(row.what.rsplit(", ", 1)[1], row.against) for row in rows if row.met is False]


def test_a_fast_layer_meets_every_goal_and_a_slow_one_is_named():
    assert missed(bench.attention_rows(times(1, 1.1), 1024, backward=False, threads=1)) == []
    assert missed(bench.attention_rows(times(1.04, 1.1), 1024, backward=False, threads=1)) == [
        ("one thread", "by hand: time"),
        ("padded", "by hand: time"),
    ]
    slow = bench.attention_rows(times(1.2, 1.3), 1024, backward=False, threads=1)
    assert len(missed(slow)) == len(slow) == 7
    assert len(missed(bench.attention_rows(times(1.2, 1.3), 256, backward=False, threads=1))) == 3


def test_the_table_says_which_goals_are_met(tmp_path, monkeypatch):
    rows = [Row("a", "b", 0.5, "at most 1"), Row("c", "d", 1234.5, "at most 1"), Row("e", "f", 2)]
    lines = ["| a | b | 0.50 | at most 1 | yes |", "| c | d | 1,234 | at most 1 | **no** |", "| e | f | 2.00 |  |  |"]
    assert table(rows).splitlines()[2:] == lines
    folder = tmp_path / "benchmarks"
    assert bench.stored(folder) == {}
    for name, of_part in (("late", rows[1:]), ("early", rows[:1])):  # a part that is measured again joins the others
        monkeypatch.setattr(bench, "PARTS", {"early": None, "late": None} | {name: lambda raw, made=of_part: made})
        bench.store(bench.stored(folder) | {name: bench.measure(name)}, folder)
    assert (folder / "results.md").read_text().splitlines()[-3:] == lines
    stored = bench.stored(folder)
    assert [row["met"] for part in ("early", "late") for row in stored[part]["rows"]] == [True, False, None]
    monkeypatch.setattr(bench, "machine", lambda: {"processor": "another"})
    assert bench.stored(folder) == {}


def test_a_race_runs_all_of_them_in_every_round():
    calls = []
    samples = race({"one": lambda: calls.append(1), "other": lambda: calls.append(2)}, seconds=0, least=3)
    assert calls.count(1) == calls.count(2) == 4  # a first time to warm up
    assert [len(taken) for taken in samples.values()] == [3, 3]
    assert ratio({"a": [1, 30], "b": [2, 10]}, "a", "b") == 1.75


def test_the_imports_of_a_lesson_are_found():
    assert "import torch" in bench.imported(notebooks.lessons()[0]).splitlines()


def test_there_may_be_more_than_nine_lessons_and_the_start_page_is_none(tmp_path, monkeypatch):
    for name in ("00-start-here", "02-b", "01-a", "10-j", "11-k", "99-z", "draft", "1-no"):
        (tmp_path / f"{name}.ipynb").touch()
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    assert [path.stem for path in notebooks.lessons()] == ["01-a", "02-b", "10-j", "11-k", "99-z"]

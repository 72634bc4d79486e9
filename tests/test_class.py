"""The measurement of a class, as far as no hub is needed: what it asks for, what it opens and what it reports."""

import ast
import json

import pytest

from tools import bench_class, notebooks

DOCUMENT = (notebooks.ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("there, said", [((), "no node and no npm"), (("node",), "no npm")])
def test_without_node_it_says_what_is_missing(monkeypatch, there, said):
    monkeypatch.setattr(bench_class.shutil, "which", lambda name: name if name in there else None)
    with pytest.raises(SystemExit, match=f"There is {said}: JupyterHub's proxy needs Node.js 20 or newer"):
        bench_class.prepare()


def test_the_hub_listens_on_this_machine_alone_and_keeps_its_secrets(tmp_path):
    hubs = [bench_class.Hub(tmp_path, "python", "proxy") for _ in range(2)]
    config = hubs[1].config.read_text()
    ast.parse(config)
    assert config.count("http://127.0.0.1:") == 3 and "0.0.0.0" not in config
    assert hubs[0].password != hubs[1].password and len(hubs[1].password) > 30
    assert hubs[1].password not in config and hubs[1].token not in config
    assert "'OMP_NUM_THREADS': '1'" in config


def test_the_exercises_are_run_with_the_right_answers():
    sources = bench_class.code(bench_class.ANSWERS)
    checks = [source for source in sources if source.rpartition("\n")[2].startswith("check.")]
    assert len(checks) == 13 and len(set(checks)) == 13
    assert sum("# BEGIN SOLUTION" in source for source in sources) == 13


def test_the_stored_results_are_a_whole_class_and_the_report_shows_them():
    stored = json.loads((bench_class.RESULTS / "class.json").read_text(encoding="utf-8"))
    where = stored.pop("measured on")
    assert stored["students whose checks all pass"] == stored["students whose work is all there"] == stored["students"]
    assert stored["errors in the lesson"] == 0
    assert (bench_class.RESULTS / "class.md").read_text(encoding="utf-8") == bench_class.report(stored, where)
    assert not any(word in str(where) for word in ("/", "\\", "localhost"))


def test_what_is_said_to_teachers_is_what_was_measured():
    stored = json.loads((bench_class.RESULTS / "class.json").read_text(encoding="utf-8"))
    several, one = (stored["training, s"][n]["median"] for n in (str(stored["measured on"]["cores"]), "1"))
    assert f"**{several:.0f} seconds with two threads each and {one:.1f} with one**" in DOCUMENT
    memory = stored["memory, MiB"]
    server, both = memory["server"]["median"], memory["server and two kernels"]["median"]
    assert f"about {round((server + both) / 2, -2):.0f} MiB with lesson 1" in DOCUMENT
    assert f"about {round(both, -1):.0f} MiB with lesson 1" in DOCUMENT
    login = "log in and have a server"
    alone, together = stored["alone, s"][login], stored["together, s"][login]["median"]
    assert (
        f"eight logins at once took {together:.0f} seconds each (the median) on two cores, and one alone {alone:.0f}"
        in DOCUMENT
    )
    assert f"after {stored['seconds until the hub was there again']:.0f} seconds" in DOCUMENT

"""What a learner or a lecturer trusts: who can reach the server, what is read, and what a check may write."""

import ast
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request

import psutil
import pytest
import yaml
from serving import serving

from helpers import check
from tools import notebooks

ROOT = notebooks.ROOT
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


# The server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server that ``make lab`` starts."""
    with serving(tmp_path_factory.mktemp("server"), "--lab") as started:
        yield started


def test_the_server_listens_on_this_machine_alone(server):
    process, port = server.process, int(re.search(r":(\d+)/", server.address)[1])
    listening = [
        connection.laddr
        for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for connection in one.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert port in [where.port for where in listening]
    assert {where.ip for where in listening} <= {"127.0.0.1", "::1"}


def status(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_server_answers_only_with_its_token(server):
    base, token = server.address, server.token
    assert len(token) >= 48  # 24 bytes of chance, in hexadecimal digits
    for path in ("api/contents", "api/kernels", "api/terminals"):
        assert status(f"{base}{path}") == 403
        assert status(f"{base}{path}", Authorization=f"token {'0' * 48}") == 403
    with urllib.request.urlopen(f"{base}files/README.md", timeout=20) as answer:
        assert "/login?" in answer.url and b"attention" not in answer.read().lower()
    assert status(f"{base}api/contents", Authorization=f"token {token}") == 200
    assert status(f"{base}api/contents", Authorization=f"token {token}", Host="attacker.example") == 403


def test_no_setting_of_the_project_opens_the_server():
    """No empty token, no password, no other address, no cross-origin access."""
    opening = re.compile(r"allow_origin|disable_check_xsrf|0\.0\.0\.0|\.(token|password|ip) *= *['\"]?['\",)\]]")
    paths = [ROOT / "Makefile", ROOT / "tools" / "present.py", *(ROOT / "jupyter").rglob("*.json")]
    assert [path.name for path in paths if opening.search(path.read_text(encoding="utf-8"))] == []


# What is read

UNSAFE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
CALLS = {"torch.load", "torch.hub.load", "np.load", "numpy.load", "yaml.load", "yaml.unsafe_load"}


def unsafe(source):
    """What in a Python source could run code out of a file that is read."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE:
            found.append(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            found.append(ast.unparse(node.func))
    return found


def sources():
    """All the Python that people run, as pairs of where it stands and its source, without magic commands."""
    for folder in ("helpers", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for path in notebooks.find():
        for cell in notebooks.read(path).cells:
            if cell.cell_type == "code":
                yield f"{path.name}, {cell.id}", re.sub(r"(?m)^\s*[%!].*", "", cell.source)


def test_nothing_that_is_read_can_run_code():
    found = {where: unsafe(source) for where, source in sources()}
    assert len(found) > 100
    assert {where: what for where, what in found.items() if what} == {}


def test_the_scan_sees_what_it_looks_for():
    assert unsafe("import pickle") == ["pickle"]
    assert unsafe("from joblib import load") == ["joblib"]
    assert unsafe("import torch\ntorch.load('model.pt', weights_only=False)") == ["torch.load"]
    assert unsafe("from safetensors.torch import load_file\nload_file('model.safetensors')") == []


def test_the_model_is_read_as_safetensors():
    minilm = (ROOT / "helpers" / "minilm.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"[\w.-]+\.(\w+)": \(', minilm)) == {"safetensors", "json"}
    lesson = "\n".join(source for where, source in sources() if where.startswith("08-"))
    assert "from safetensors" in lesson


# What a check does

WATCH = """
import os, sys, tempfile
written, started = [], []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path, mode, flags = arguments
        if any(letter in (mode or "") for letter in "wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(os.path.realpath(os.fsdecode(path)))
    elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.truncate", "os.symlink"):
        written.append(os.path.realpath(os.fsdecode(arguments[0])))
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect"):
        started.append(event)
"""
# Everything is imported, and a figure drawn, before the watch begins: a cache of fonts is none of a check's doing.
PREPARE = """
import matplotlib, numpy as np
matplotlib.use("agg")
from helpers import check, plots
from helpers.check.verdict import Verdict
_ = plots.heatmaps(np.eye(2), title="x", xlabel="y", ylabel="z")
verdicts, made = [], Verdict.__init__
Verdict.__init__ = lambda self, *args, **kwargs: (verdicts.append(self), made(self, *args, **kwargs))[1]
sys.addaudithook(watch)
"""
REPORT = """
here = os.path.realpath(tempfile.gettempdir())
print("WRITTEN", sorted({path for path in written if not path.startswith((here, os.devnull))}))
print("STARTED", started, "SEEN", SEEN)
"""


def watched(lesson, folder):
    """What the solutions of a lesson, its checks among them, write and start: what the process prints."""
    (path,) = (notebooks.NOTEBOOKS / "solutions").glob(f"{lesson:02}-*.ipynb")
    code = [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    script = "\n".join([WATCH, PREPARE, *code, "SEEN = len(verdicts)", REPORT])
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=path.parent, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("lesson", [1, 3])
def test_a_check_writes_nothing_and_starts_nothing(lesson, tmp_path):
    said = watched(lesson, tmp_path)
    assert "WRITTEN []" in said and "STARTED []" in said, said
    assert int(said.split("SEEN ")[1]) >= 2 * len(check.NAMES[lesson])  # right answers, and wrong turns


def test_the_watch_sees_what_it_looks_for(tmp_path):
    for act in (
        "open('mine', 'w')",
        "os.open('mine', os.O_CREAT | os.O_WRONLY)",
        "os.mkdir('mine')",
        "os.system('true')",
    ):
        script = f"{WATCH}\ntempfile.tempdir = '/nowhere'\nSEEN = 0\nsys.addaudithook(watch)\n{act}\n{REPORT}"
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "WRITTEN [] " not in done.stdout.replace("\n", " ") or "STARTED []" not in done.stdout, act
        (tmp_path / "mine").rmdir() if (tmp_path / "mine").is_dir() else (tmp_path / "mine").unlink(missing_ok=True)


def test_a_check_calls_the_answer_in_the_learners_own_process():
    called = []

    def merge_heads(X):
        called.append(os.getpid())
        return X

    assert not check.merge_heads(merge_heads).passed
    assert set(called) == {os.getpid()}


# The workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_pins_its_actions(path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    if path.stem != "site":  # what its jobs may do, test_run_elsewhere.py says
        assert workflow["permissions"] == {"contents": "read"}
        assert all("permissions" not in job for job in workflow["jobs"].values())
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action)] == []
    assert "pull_request_target" not in text and "${{ github.event" not in text


def test_the_workflows_use_the_same_actions():
    pins = {}
    for path in WORKFLOWS:
        for action, commit in re.findall(r"uses: ([\w./-]+)@(\w+)", path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(commit)
    assert {action: commits for action, commits in pins.items() if len(commits) > 1} == {}


def test_the_pinned_packages_are_audited_every_week():
    audit = yaml.safe_load((ROOT / ".github" / "workflows" / "audit.yml").read_text(encoding="utf-8"))
    on = audit[True]  # YAML reads the word "on" as a truth value
    assert re.fullmatch(r"\d+ \d+ \* \* \d", on["schedule"][0]["cron"]) and "workflow_dispatch" in on
    commands = "\n".join(step.get("run", "") for job in audit["jobs"].values() for step in job["steps"])
    assert re.search(r"pip-audit==\d+\.\d+\.\d+", commands)
    assert "requirements.txt" in commands
    assert "pip-audit --strict" in commands  # else it finds nothing wrong where it could look nothing up

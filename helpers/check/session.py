"""The learner's session stays as it was, whatever an answer does to it."""

import contextlib
import os
import random
import sys
import warnings

import numpy as np
import torch


def _numpy_errors(settings):
    np.seterr(**settings)


def _device(device):
    torch.set_default_device(None if device.type == "cpu" else device)


def _deterministic(settings):
    mode, warn_only = settings
    torch.use_deterministic_algorithms(mode, warn_only=warn_only)


def _environment(variables):
    os.environ.clear()
    os.environ.update(variables)


def _folder():
    try:
        return os.getcwd()
    except FileNotFoundError:  # somebody has deleted it: there is nothing to go back to
        return None


# How each setting is read, and how it is set again.
SETTINGS = [
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, _device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.is_anomaly_enabled, torch.set_anomaly_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (lambda: torch.is_autocast_enabled("cpu"), lambda on: torch.set_autocast_enabled("cpu", on)),
    (
        lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
        _deterministic,
    ),
    (random.getstate, random.setstate),
    (np.geterr, _numpy_errors),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (lambda: dict(os.environ), _environment),
    (_folder, os.chdir),
]


@contextlib.contextmanager
def kept():
    """Within it the session may be changed at will; afterwards it is as it was, and no warning has been shown."""
    before = [(get(), get, put) for get, put in SETTINGS]
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for value, get, put in before:
            if value is not None and get() != value:
                with contextlib.suppress(OSError):  # a folder that is gone
                    put(value)
        torch.set_rng_state(torch_state)
        np.random.set_state(numpy_state)

"""Shared fixtures: published data where it is present, and Hypothesis profiles."""

import os
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from published import ABSENT, FOLDER

# Two workers times BLAS threads thrash two cores. Workers inherit this, and read it before they load a BLAS.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Exact arithmetic has no fast path for unlucky examples: a deadline would only measure the machine.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="z3")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of published cases."""
    if not FOLDER.is_dir():
        pytest.skip(ABSENT)
    return FOLDER

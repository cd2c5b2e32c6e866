"""Shared fixtures: published data where it is present, and Hypothesis profiles."""

import os
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Exact arithmetic has no fast path for unlucky examples: a deadline would only measure the machine.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="z3")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of published cases: TROPICAL_DATA, or `shared/data` beside the project."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TROPICAL_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set TROPICAL_DATA to the folder of published cases")
    return folder

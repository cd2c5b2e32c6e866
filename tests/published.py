"""Where the published cases lie."""

import os
from pathlib import Path

# the variable TROPICAL_DATA, or the folder `shared/data` beside the project
FOLDER = Path(os.environ.get("TROPICAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
ABSENT = f"no folder {FOLDER}: set TROPICAL_DATA to the folder of published cases"

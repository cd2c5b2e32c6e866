"""File formats."""

from tropical.io.json_format import load, save

__all__ = ["load", "save"]

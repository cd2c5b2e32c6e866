"""Timings as ratios against a named peer or a physical limit, measured in the same run."""

"""Fixtures of the end-to-end tests: real processes on free ports in temporary directories."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "cluster"))
sys.path.insert(0, str(ROOT / "chaos" / "failover"))

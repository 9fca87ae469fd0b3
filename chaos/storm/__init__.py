"""A cluster of real processes under faults: network, processes, disks, clocks, a workload whose
clients keep histories, and the checks that judge them. `chaos/run` is the way in.
"""

import pathlib
import sys

# Where the library is that drives a local cluster.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cluster"))

"""A cluster of real processes under faults: network, processes, disks, clocks, a workload whose
clients keep histories, and the checks that judge them. `chaos/run` is the way in.
"""

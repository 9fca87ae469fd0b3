"""Drives a local cluster: configurations, processes, the REST API, consoles, load.

Used by `cluster/cluster`, the demo, the failover check, the benchmarks and the end-to-end tests.
The standard library is enough for all of it.
"""

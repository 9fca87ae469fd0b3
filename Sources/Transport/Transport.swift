// Transport: see docs/ARCHITECTURE.md.

// Server: see docs/ARCHITECTURE.md.

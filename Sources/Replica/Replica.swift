// Replica: see docs/ARCHITECTURE.md.

// Telegram: see docs/ARCHITECTURE.md.

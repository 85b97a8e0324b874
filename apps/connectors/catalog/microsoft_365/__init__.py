"""Microsoft 365, where a project's team meets and keeps its files."""

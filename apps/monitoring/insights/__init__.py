"""Insights: what is unusual, missing or at risk in what passes through, found each night and explained; people decide what it means."""

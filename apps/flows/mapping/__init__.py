"""Mapping: data in layers, compiled once, applied many times."""

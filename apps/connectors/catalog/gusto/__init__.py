"""Gusto, by which a company pays its people."""

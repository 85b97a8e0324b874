"""VIES, the European Union's register of tax numbers."""

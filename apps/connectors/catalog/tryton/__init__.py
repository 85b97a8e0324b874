"""Tryton, where approved time is posted to."""

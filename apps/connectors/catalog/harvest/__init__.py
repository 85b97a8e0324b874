"""Harvest, where time and expenses are recorded on the projects of clients."""

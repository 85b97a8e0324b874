"""Oracle NetSuite, where larger service firms keep clients, projects, time and books."""

"""Box, where a project's files lie."""

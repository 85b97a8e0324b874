"""The canonical model: what a time entry, a project or a person is, whichever system it came from."""

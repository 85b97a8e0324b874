"""The kinds of steps a record walks; each is one small file."""

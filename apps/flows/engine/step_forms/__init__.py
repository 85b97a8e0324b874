"""How the parts of a definition are filled in by people: described as data, shown in a form and read back."""

"""ADP Workforce Now, where people are employed and paid by the hours that arrive there."""

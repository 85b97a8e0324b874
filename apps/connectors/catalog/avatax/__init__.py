"""Avalara AvaTax, which says what tax a sale bears and keeps it for the returns."""

"""Certinia PSA, where consultants book their weeks and projects are run."""

"""Xero, where small and middle firms keep their books."""

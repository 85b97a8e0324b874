"""QuickBooks Online, where small firms keep their books."""

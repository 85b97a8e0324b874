"""The three questions a finance lead asks at any moment: what is not posted, which invoices are blocked, where systems disagree."""

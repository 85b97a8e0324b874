"""Business rules that need more than the record itself: what each looks at, what it says, and samples that prove it."""

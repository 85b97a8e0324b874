"""Who is told of exceptions, when, and by which channel."""

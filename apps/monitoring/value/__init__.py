"""What the work is worth to a customer: terms, figures by month, the summary of a month, and estimates for prospects."""

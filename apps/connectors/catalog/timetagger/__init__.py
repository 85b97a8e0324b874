"""TimeTagger, where one person records time with tags."""

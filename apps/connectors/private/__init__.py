"""Systems that a partner describes itself: their manifests as documents, and drafts of them out of uploaded descriptions."""

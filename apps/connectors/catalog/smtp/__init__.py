"""Mail over SMTP, for telling people outside what happened."""

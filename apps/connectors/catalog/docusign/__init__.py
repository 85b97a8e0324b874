"""DocuSign, where agreements are sent and signed."""

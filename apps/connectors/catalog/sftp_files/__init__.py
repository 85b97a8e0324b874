"""Files over SFTP, for systems that hand over and take in CSV or JSON lines."""

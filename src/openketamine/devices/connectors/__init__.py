"""One folder for each way a device speaks; each has `decode` and its own data table."""

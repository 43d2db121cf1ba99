"""The rules as a medical director works with them: read, review, tighten, and see what changes."""

"""Calls on every page, who is on duty, how long answers took, and the screen on the wall."""

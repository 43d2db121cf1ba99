"""What becomes of a person between the sessions: scores, checks, tasks, the course as a whole."""

"""Notes that are kept apart: therapy and substance use, sealed, and behind the glass."""

"""The signed report of a session, on paper and on screen."""

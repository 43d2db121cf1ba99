"""The Django project: settings, addresses, and the two server entry points."""

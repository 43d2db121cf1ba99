"""Check-ins between sessions: links without a password, messages, the patient's own pages."""

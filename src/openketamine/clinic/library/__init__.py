"""The knowledge of the house as pages that a clinician can read and check."""

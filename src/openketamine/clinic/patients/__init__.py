"""People who are treated: their imported records, what they were asked, what was evaluated."""

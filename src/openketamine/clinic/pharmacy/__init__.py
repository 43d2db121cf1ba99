"""The controlled drug: vials, and a double-entry book of every microgram."""

"""Papers: consents that are read, understood and signed; what goes home; letters; wishes."""

"""Running the house: database, processes, demonstration, doctor."""

"""The clinic: Django apps that record, show and guard what happens to people who are treated."""

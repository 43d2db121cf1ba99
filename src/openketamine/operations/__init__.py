"""Running the house: database, processes, demonstration, doctor. A verb returns an exit status."""

from openketamine.operations._verbs import audit_verify, demo, doctor, import_bundles, serve

__all__ = ["audit_verify", "demo", "doctor", "import_bundles", "serve"]

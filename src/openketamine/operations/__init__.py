"""Running the house: database, processes, demonstration, doctor. A verb returns an exit status."""

from openketamine.operations._verbs import (
    audit_verify,
    backup,
    bounce,
    demo,
    doctor,
    export,
    import_bundles,
    packet,
    populate,
    restore,
    serve,
)

__all__ = [
    "audit_verify",
    "backup",
    "bounce",
    "demo",
    "doctor",
    "export",
    "import_bundles",
    "packet",
    "populate",
    "restore",
    "serve",
]

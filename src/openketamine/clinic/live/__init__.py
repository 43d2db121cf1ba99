"""The live front: ingest from gateways and server-sent events, beside the pages in one process."""

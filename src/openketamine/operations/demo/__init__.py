"""The demonstration: fictional people, treated through the same commands as anybody."""

from openketamine.operations.demo._scene import set_scene

__all__ = ["set_scene"]

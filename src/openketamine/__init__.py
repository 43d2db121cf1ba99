"""OpenKetamine: the open platform for ketamine treatment, from referral to remission."""

__version__ = "0.1.0"

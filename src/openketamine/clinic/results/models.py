"""What was worked out of the journal, kept so that a page need not fold a thousand people again.

Nothing here is a record: every row can be thrown away and is made again from the facts.
"""

from django.db import models


class Kept(models.Model):
    """The result of one person. `heads`: how many facts it rests on; when there are more, or
    `made_with` is another version of rules and knowledge, it is made again."""

    person = models.OneToOneField(
        "patients.Person", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    heads = models.BigIntegerField()
    made_with = models.CharField(max_length=80)
    result = models.JSONField()

    def __str__(self) -> str:
        return f"{self.pk} {self.heads}"

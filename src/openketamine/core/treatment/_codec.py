"""Facts of a session to JSON and back, the one form that journal, command line, browser and export
share.

`{"id", "kind", "at", "by": {"id", "name", "role"}, "body": {…}, "recorded_at", "number"}`
"""

from openketamine.core.log import Vocabulary
from openketamine.core.treatment._facts import Body

_vocabulary: Vocabulary[Body] = Vocabulary(Body)

kind_of = _vocabulary.kind_of
kinds = _vocabulary.kinds
decode_body = _vocabulary.decode_body
encode_body = _vocabulary.encode_body
decode_fact = _vocabulary.decode_fact
encode_fact = _vocabulary.encode_fact
reads = _vocabulary.reads

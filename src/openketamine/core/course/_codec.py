"""Facts of a course to JSON and back, in the form that every log shares."""

from openketamine.core.course._facts import Body
from openketamine.core.log import Vocabulary

_vocabulary: Vocabulary[Body] = Vocabulary(Body)

kind_of = _vocabulary.kind_of
kinds = _vocabulary.kinds
decode_body = _vocabulary.decode_body
encode_body = _vocabulary.encode_body
decode_fact = _vocabulary.decode_fact
encode_fact = _vocabulary.encode_fact
reads = _vocabulary.reads

"""Sessions over weeks. For now: what the sessions before say to the next dose.

Response, remission, relapse, interval and exposure come with the follow-up of a course.
"""

from openketamine.core.course._past import Visit, past_sessions

__all__ = ["Visit", "past_sessions"]

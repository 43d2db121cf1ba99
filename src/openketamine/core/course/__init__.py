"""Sessions and scores over weeks: response, remission, relapse, next interval, exposure.

Empty for now: one session is treated end to end first, and a course is a fold over such sessions.
"""

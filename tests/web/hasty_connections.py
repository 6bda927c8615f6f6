"""Connections with little time, for tests."""

from grader.web_connections import Connection


class Hasty(Connection):
    head_s = 0.5
    body_s = 0.5

"""The audit log: who did what, from where, through which app, written in the transaction of the act itself."""

from polar_server.audit.acts import ACTS
from polar_server.audit.entries import OPERATOR, About, Actor, record
from polar_server.audit.queries import forget_name, forget_person

__all__ = ["ACTS", "OPERATOR", "About", "Actor", "forget_name", "forget_person", "record"]

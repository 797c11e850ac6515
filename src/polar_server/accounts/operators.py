"""Operators: people who run the server from its own pages. The last one stays."""

from polar_server.accounts import queries
from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.database import Transaction


class LastOperator(Exception):
    """Nobody else who can sign in has the right to run the server."""


async def make_operator(transaction: Transaction, user_id: str, now: int, actor: Actor = OPERATOR) -> bool:
    """Give a person the right to run the server. False when they have it."""
    if await transaction.run(queries.SET_OPERATOR, id=user_id, operator=True, now=now) == 0:
        return False
    await record(transaction, actor, "account.operator_made", About(user_id=user_id, id=user_id), now)
    return True


async def end_operator(transaction: Transaction, user_id: str, now: int, actor: Actor = OPERATOR) -> bool:
    """Take the right to run the server from a person. False when they do not have it. Raises LastOperator.

    The command line may take it from the last one, too: it can give it back.
    """
    left = {row["id"] for row in await transaction.all(queries.LOCK_OPERATORS)} - {user_id}
    if not left and actor is not OPERATOR:
        raise LastOperator(user_id)
    if await transaction.run(queries.SET_OPERATOR, id=user_id, operator=False, now=now) == 0:
        return False
    await record(transaction, actor, "account.operator_ended", About(user_id=user_id, id=user_id), now)
    return True

"""`demo`: fills the database with something to try."""

from typing import Any

from polar_server import demo as demo_data
from polar_server.cli.opening import opened
from polar_server.cli.output import Record, Refused
from polar_server.cli.people import Flag
from polar_server.demo import APP_ADDRESS, Place


async def demo(*, if_empty: Flag = False) -> Record | None:
    """Make a person, organizations and clients to try the server with. Running it again adds nothing.

    Parameters
    ----------
    if_empty
        Do nothing when there are accounts already.
    """
    async with opened() as at:
        if at.settings.is_production:
            if if_empty:
                return None
            raise Refused("Demo data is not for production: everybody knows its password.")
        place = Place(at.settings, at.database, at.server_keys, at.now_ms)
        if if_empty and not await demo_data.is_empty(at.database):
            seeded = await demo_data.find_seeded(place)
            return _record(seeded) if seeded else None
        return _record(await demo_data.seed(place))


def _record(demo: dict[str, Any]) -> Record:
    issuer = demo["issuer"]
    steps = (
        "",
        "Try next:",
        f"  {issuer}/sign-in  sign in with this address and password",
        f"  script/server --demo-app  also runs an app at {APP_ADDRESS} that people sign in to with Polar",
        f"  curl {issuer}/.well-known/openid-configuration  is what an app reads first",
        "  polar-server client create --help  registers an app of your own",
        "",
    )
    return Record("Demo data is ready.", demo, "\n".join(steps))

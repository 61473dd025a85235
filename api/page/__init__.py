"""The dashboard: pages from the server, one small script, nothing from other hosts."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.page import dead_letters, exports, fallbacks, health, messages, now, providers, sessions, sign_in
from api.page.desk import Desk
from api.page.view import STATIC, render_problem

ROOMS = (sign_in, now, providers, messages, fallbacks, sessions, exports, dead_letters, health)


def install(app: FastAPI) -> None:
    """Put the pages at `/`, and show problems as pages to people."""
    for room in ROOMS:
        app.include_router(room.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if app.state.parts:
        app.state.desk = Desk(app.state.parts.clock)
    app.state.render_problem = render_problem

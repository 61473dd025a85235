"""The dashboard: pages from the server, one small script, nothing from other hosts."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.page import messages, now, sign_in
from api.page.desk import Desk
from api.page.view import STATIC, render_problem

ROUTERS = (sign_in.router, now.router, messages.router)


def install(app: FastAPI) -> None:
    """Put the pages at `/`, and show problems as pages to people."""
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if app.state.parts:
        app.state.desk = Desk(app.state.parts.clock)
    app.state.render_problem = render_problem

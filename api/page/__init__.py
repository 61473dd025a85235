"""The live page: server-rendered, one small script, nothing from other hosts."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.page import routes
from api.page.overview import OverviewDesk
from api.page.view import STATIC, render_problem


def install(app: FastAPI) -> None:
    """Put the page at `/`, and show problems as pages to people."""
    app.include_router(routes.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if app.state.parts:
        app.state.desk = OverviewDesk(app.state.parts.store, app.state.parts.clock)
    app.state.render_problem = render_problem

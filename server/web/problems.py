"""Errors as application/problem+json: a stable word for the app, a sentence on what to do for people who read logs."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from server.flow.context import StoreDown, Unkeepable


class Problem(BaseModel):
    """RFC 9457. `reason` is one of the words in docs/api.md."""

    type: str = "about:blank"
    title: str
    status: int
    reason: str
    detail: str = ""


class Refusal(Exception):
    """A request that is answered with a problem. `extra` goes into the body."""

    def __init__(self, status: int, reason: str, detail: str = "", extra: dict[str, object] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.detail, self.extra = status, reason, detail, extra or {}


TITLES = {400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed", 409: "Not possible now",
          413: "Too large", 422: "Not understood", 429: "Too many", 500: "Our mistake", 503: "Not ready"}  # fmt: skip


def problem(status: int, reason: str, detail: str = "", extra: dict[str, object] | None = None) -> JSONResponse:
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "reason": reason, "detail": detail, **(extra or {})}
    return JSONResponse(body, status, media_type="application/problem+json")


def answers(*statuses: int) -> dict[int | str, dict[str, object]]:
    """For the OpenAPI: which problems an endpoint may answer with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "model": Problem, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:
        return problem(error.status, error.reason, error.detail, error.extra)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'][1:]) or e['loc'][0]}: {e['msg']}" for e in error.errors()[:5])
        return problem(422, "not_understood", f"correct these fields and send again: {wrong}")

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        words = {404: "unknown_path", 405: "method_not_allowed", 400: "bad_request"}
        answer = problem(error.status_code, words.get(error.status_code, "error"), str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(StoreDown)
    async def down(_: Request, error: StoreDown) -> JSONResponse:
        return problem(503, "store_down", "the database does not answer: send it again in a moment, with the same id; use the phone if it is urgent")

    @app.exception_handler(Unkeepable)
    async def unkeepable(_: Request, error: Unkeepable) -> JSONResponse:
        return problem(422, "not_understood", "some text holds a character that cannot be kept, such as a NUL: leave it out and send again")

    @app.exception_handler(Exception)
    async def ours(_: Request, error: Exception) -> JSONResponse:
        return problem(500, "our_mistake", "this has been logged; try again, and use the phone if it is urgent")

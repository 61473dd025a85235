"""Rows for other systems: as files that are made and fetched, or at once."""

import gzip
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from analytics.exports.order import Format
from api.admission.access import Caller, Exporter
from api.admission.auditing import Deed, audit
from api.answers.exports import Export, ExportsAnswer
from api.endpoints.attempts import require_json
from api.exports.jobs import ExportJob
from api.idempotency import idempotency_key
from api.jobs.book import Asker
from api.parts import Parts, Provided
from api.problems import (
    AUDIT_UNAVAILABLE,
    BODY_TOO_LARGE,
    EXPORT_TOO_LARGE,
    EXPORTS_FULL,
    MALFORMED,
    NOT_FOUND,
    NOT_JSON,
    QUESTION_INVALID,
    Refused,
    problem_responses,
)
from api.questions.exporting import DirectExportParameters, ExportOrdered
from contracts.errors import ExportEnded

router = APIRouter(tags=["exports"], responses=problem_responses(QUESTION_INVALID, AUDIT_UNAVAILABLE))

PIECE = 64 * 1024
MEDIA_TYPES = {
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "gz": "application/gzip",
}
DIRECT_TYPES = {Format.NDJSON: "application/x-ndjson", Format.CSV: "text/csv; charset=utf-8; header=present"}
A_RANGE: dict[int | str, dict[str, Any]] = {206: {"description": "The range that was asked for"}}
ABSENT = "There is no such export, or its time is over; order it again."

Id = Annotated[str, Path(max_length=64, description="`id` of the answer to the order.")]
Key = Annotated[str | None, idempotency_key("the same export", example="nightly-2026-11-21")]


class ExportsParameters(BaseModel):
    """The query string of `GET /v1/exports`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="How many at most.")


@router.post(
    "/exports",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=problem_responses(QUESTION_INVALID, MALFORMED, BODY_TOO_LARGE, NOT_JSON, EXPORTS_FULL),
    summary="Order an export",
)
async def add_export(
    parts: Provided, caller: Exporter, body: Annotated[ExportOrdered, Body()], response: Response, key: Key = None
) -> Export:
    """Takes the order and answers at once; the files are made one export after the other.

    It has what the store has at this moment, whenever it is carried out. The same order for the same state of the store
    is the same export, and so is one under the same `Idempotency-Key`.
    """
    asked = body.asked(caller, parts.clock.now())
    await audit(parts, caller, Deed.EXPORT_ASKED, what=body.what, format=body.format)
    job, is_repeat = await parts.exports.request(asked, _asker(caller), key)
    response.headers["Location"] = f"/v1/exports/{job.id}"
    return _told(parts, job, is_repeat=is_repeat)


@router.get("/exports", summary="The exports that there are")
async def get_exports(
    parts: Provided, caller: Exporter, parameters: Annotated[ExportsParameters, Query()]
) -> ExportsAnswer:
    """The newest first, with how far each is. Of other accounts nothing is told."""
    seen = [job for job in parts.exports.all() if job.may_be_seen_by(caller.accounts)]
    return ExportsAnswer(exports=[_told(parts, job) for job in seen[: parameters.limit]])


@router.get("/exports/{id}", responses=problem_responses(NOT_FOUND), summary="How far an export is")
async def get_export(parts: Provided, caller: Exporter, id: Id) -> Export:  # noqa: A002  # the name in the path
    """When it is done, with its files and the token for the next one."""
    return _told(parts, _found(parts, caller, id))


@router.get(
    "/exports/{id}/files/{name}",
    response_class=FileResponse,
    responses=A_RANGE | problem_responses(NOT_FOUND),
    summary="Fetch a file of an export",
)
async def get_export_file(
    parts: Provided,
    caller: Exporter,
    id: Id,  # noqa: A002  # the name in the path
    name: Annotated[str, Path(max_length=100, description="One of `files`, or `manifest.json`.")],
) -> FileResponse:
    """The file as it is on the disk, or a range of it."""
    job = _found(parts, caller, id)
    file = parts.exports.file(job, name)
    if file is None:
        raise Refused(NOT_FOUND, "The export has no such file; its `files` and `manifest_href` are those there are.")
    await audit(parts, caller, Deed.EXPORT_FETCHED, export=job.id, file=name)
    media_type = MEDIA_TYPES[file.path.suffix[1:]]
    return FileResponse(file.path, media_type=media_type, filename=name, headers=_digest(file.sha256))


@router.delete(
    "/exports/{id}", status_code=204, responses=problem_responses(NOT_FOUND), summary="Cancel or remove an export"
)
async def remove_export(parts: Provided, caller: Exporter, id: Id) -> None:  # noqa: A002  # the name in the path
    """One that is not done is cancelled, and listed for a while; another one is removed with its files."""
    parts.exports.remove(_found(parts, caller, id))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=problem_responses(QUESTION_INVALID, EXPORT_TOO_LARGE),
    summary="A small export at once",
)
async def get_rows(
    parts: Provided, caller: Exporter, parameters: Annotated[DirectExportParameters, Query()]
) -> StreamingResponse:
    """The rows themselves, as NDJSON or CSV. Nothing is sent before all are read: `Tidings-Rows` says how many come,
    `Tidings-As-Of` how fresh they are, and `Tidings-Token` is `changed_since` of the next request.
    """
    asked = parameters.asked(caller, parts.clock.now())
    await audit(parts, caller, Deed.EXPORT_ASKED, what=parameters.what, format=parameters.format)
    try:
        file, manifest = await parts.exports.direct(asked, _asker(caller))
    except ExportEnded as exc:
        raise Refused(EXPORT_TOO_LARGE, f"This cannot be answered at once: {exc}. {EXPORT_TOO_LARGE.advice}") from exc
    headers = {"Tidings-Rows": str(manifest.rows), "Tidings-Token": manifest.token}
    if manifest.as_of is not None:
        headers["Tidings-As-Of"] = manifest.as_of.isoformat()
    return StreamingResponse(_pieces(file), media_type=DIRECT_TYPES[manifest.format], headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with closing(file), gzip.open(file) as plain:
        while piece := plain.read(PIECE):
            yield piece


def _found(parts: Parts, caller: Caller, job_id: str) -> ExportJob:
    """The export of that id; raises that there is none, also when it has rows of other accounts."""
    job = parts.exports.find(job_id)
    if job is None or not job.may_be_seen_by(caller.accounts):
        raise Refused(NOT_FOUND, ABSENT)
    return job


def _told(parts: Parts, job: ExportJob, *, is_repeat: bool = False) -> Export:
    return Export.of(job, parts.exports.manifest(job), is_repeat=is_repeat)


def _asker(caller: Caller) -> Asker:
    return Asker(caller.key_id, caller.name)


def _digest(sha256: str | None) -> dict[str, str]:
    """RFC 9530: the digest of the whole file, also when a range of it is sent."""
    return {"Repr-Digest": f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"} if sha256 else {}

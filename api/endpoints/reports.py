"""What people ask again and again, by name. Each answer says its formula, and which SQL it rests on."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from analytics.measures.series import ROWS_LIMIT
from analytics.reports.catalogue import Report
from api.admission.access import Caller, Reader
from api.answers.reports import (
    CostReport,
    DeliverabilityReport,
    FallbacksReport,
    FunnelReport,
    LatencyReport,
    ProvidersReport,
    ReportAnswer,
    SessionsReport,
)
from api.parts import Parts, Provided
from api.problems import QUESTION_INVALID, STORE_BEHIND, problem_responses
from api.questions.reporting import CostParameters, GroupedParameters, ReportParameters
from contracts.errors import QueryInvalid

router = APIRouter(
    prefix="/reports",
    tags=["reports"],
    responses=problem_responses(QUESTION_INVALID, STORE_BEHIND),
)
Told = TypeVar("Told", bound=ReportAnswer)
Grouped = Annotated[GroupedParameters, Query()]
Fixed = Annotated[ReportParameters, Query()]


@router.get("/deliverability", response_model_exclude_unset=True, summary="How much arrived")
async def get_deliverability_report(parts: Provided, caller: Reader, parameters: Grouped) -> DeliverabilityReport:
    """How attempts ended, and the share of those that ended which arrived, with its interval."""
    return await _told(DeliverabilityReport, Report.DELIVERABILITY, parameters, parts=parts, caller=caller)


@router.get("/latency", response_model_exclude_unset=True, summary="How soon it arrived")
async def get_latency_report(parts: Provided, caller: Reader, parameters: Grouped) -> LatencyReport:
    """Within how many milliseconds half, 95 % and 99 % of what was delivered arrived."""
    return await _told(LatencyReport, Report.LATENCY, parameters, parts=parts, caller=caller)


@router.get("/funnel", response_model_exclude_unset=True, summary="Sent, delivered, seen, replied")
async def get_funnel_report(parts: Provided, caller: Reader, parameters: Grouped) -> FunnelReport:
    """How many attempts went on from each step to the next, and what became of the others."""
    return await _told(FunnelReport, Report.FUNNEL, parameters, parts=parts, caller=caller)


@router.get("/providers", response_model_exclude_unset=True, summary="Providers side by side")
async def get_providers_report(parts: Provided, caller: Reader, parameters: Fixed) -> ProvidersReport:
    """Providers on the same country and channel, over the hours in which all that are compared were at work.

    A provider of which fewer than `least_samples` attempts ended there is told apart, and makes no hour of the others
    smaller. Intervals that overlap are no difference.
    """
    return await _told(ProvidersReport, Report.PROVIDERS, parameters, parts=parts, caller=caller)


@router.get("/cost", response_model_exclude_unset=True, summary="What it cost")
async def get_cost_report(
    parts: Provided, caller: Reader, parameters: Annotated[CostParameters, Query()]
) -> CostReport:
    """What attempts cost by currency, the fallbacks among them, and sessions: in all, and for each that was delivered.

    Prices are those that providers told. What nobody has told a price of stands in rows without a currency.
    """
    return await _told(CostReport, Report.COST, parameters, parts=parts, caller=caller)


@router.get("/fallbacks", response_model_exclude_unset=True, summary="How often it was fallen back, and why")
async def get_fallbacks_report(parts: Provided, caller: Reader, parameters: Grouped) -> FallbacksReport:
    """Steps behind the first that were commanded in the span: why, how many arrived, and how many were needless.

    Of these the account, provider, connection, channel, campaign and sender are known.
    """
    return await _told(FallbacksReport, Report.FALLBACKS, parameters, parts=parts, caller=caller)


@router.get("/sessions", response_model_exclude_unset=True, summary="Sessions with people, counted")
async def get_sessions_report(parts: Provided, caller: Reader, parameters: Grouped) -> SessionsReport:
    """Sessions that opened in the span: how many, what was said in them, and what they cost.

    Of these the account, provider, connection and sender are known.
    """
    return await _told(SessionsReport, Report.SESSIONS, parameters, parts=parts, caller=caller)


async def _told(
    answer_type: type[Told], name: Report, parameters: ReportParameters, *, parts: Parts, caller: Caller
) -> Told:
    question = parameters.question(caller, parts.clock.now(), parameters.money(caller, parts))
    await parameters.wait(parts)
    answer = await parts.store.report(name, question)
    parameters.check(answer.freshness)
    if len(answer.rows) > ROWS_LIMIT:
        raise QueryInvalid(f"the report has {len(answer.rows)} rows, more than {ROWS_LIMIT}; group less or filter more")
    return answer_type.of(name, question, answer)

"""What people ask again and again, by name. Each answer says its formula, and which SQL it rests on."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics.reader import Answer
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from analytics.series import ROWS_LIMIT
from api.access import Reader
from api.answers.reports import (
    CostReport,
    DeliverabilityReport,
    FallbacksReport,
    FunnelReport,
    LatencyReport,
    ProvidersReport,
    SessionsReport,
)
from api.parts import Parts, Provided
from api.problems import QUESTION_INVALID, problem_responses
from api.reporting import GroupedParameters, ReportParameters
from contracts.errors import QueryInvalid

router = APIRouter(
    prefix="/reports",
    tags=["reports"],
    responses=problem_responses(QUESTION_INVALID),
)
Grouped = Annotated[GroupedParameters, Query()]
Fixed = Annotated[ReportParameters, Query()]


@router.get("/deliverability", response_model_exclude_unset=True, summary="How much arrived")
async def get_deliverability_report(parts: Provided, caller: Reader, parameters: Grouped) -> DeliverabilityReport:
    """How attempts ended, and the share of those that ended which arrived, with its interval."""
    question = parameters.question(caller, parts.clock.now())
    name = Report.DELIVERABILITY
    return DeliverabilityReport.of(name, question, await _answer(parts, name, question))


@router.get("/latency", response_model_exclude_unset=True, summary="How soon it arrived")
async def get_latency_report(parts: Provided, caller: Reader, parameters: Grouped) -> LatencyReport:
    """Within how many milliseconds half, 95 % and 99 % of what was delivered arrived."""
    question = parameters.question(caller, parts.clock.now())
    return LatencyReport.of(Report.LATENCY, question, await _answer(parts, Report.LATENCY, question))


@router.get("/funnel", response_model_exclude_unset=True, summary="Sent, delivered, seen, replied")
async def get_funnel_report(parts: Provided, caller: Reader, parameters: Grouped) -> FunnelReport:
    """How many attempts went on from each step to the next, and what became of the others."""
    question = parameters.question(caller, parts.clock.now())
    return FunnelReport.of(Report.FUNNEL, question, await _answer(parts, Report.FUNNEL, question))


@router.get("/providers", response_model_exclude_unset=True, summary="Providers side by side")
async def get_providers_report(parts: Provided, caller: Reader, parameters: Fixed) -> ProvidersReport:
    """Providers on the same country and channel, over the hours in which all that are compared were at work.

    A provider of which fewer than `least_samples` attempts ended there is told apart, and makes no hour of the others
    smaller. Intervals that overlap are no difference.
    """
    question = parameters.question(caller, parts.clock.now())
    return ProvidersReport.of(Report.PROVIDERS, question, await _answer(parts, Report.PROVIDERS, question))


@router.get("/cost", response_model_exclude_unset=True, summary="What it cost")
async def get_cost_report(parts: Provided, caller: Reader, parameters: Grouped) -> CostReport:
    """What attempts cost by currency, the fallbacks among them, and sessions: in all, and for each that was delivered.

    Prices are those that providers told. What nobody has told a price of stands in rows without a currency.
    """
    question = parameters.question(caller, parts.clock.now())
    return CostReport.of(Report.COST, question, await _answer(parts, Report.COST, question))


@router.get("/fallbacks", response_model_exclude_unset=True, summary="How often it was fallen back, and why")
async def get_fallbacks_report(parts: Provided, caller: Reader, parameters: Grouped) -> FallbacksReport:
    """Steps behind the first that were commanded in the span: why, how many arrived, and how many were needless.

    Of these the account, provider, connection, channel, campaign and sender are known.
    """
    question = parameters.question(caller, parts.clock.now())
    return FallbacksReport.of(Report.FALLBACKS, question, await _answer(parts, Report.FALLBACKS, question))


@router.get("/sessions", response_model_exclude_unset=True, summary="Sessions with people, counted")
async def get_sessions_report(parts: Provided, caller: Reader, parameters: Grouped) -> SessionsReport:
    """Sessions that opened in the span: how many, what was said in them, and what they cost.

    Of these the account, provider, connection and sender are known.
    """
    question = parameters.question(caller, parts.clock.now())
    return SessionsReport.of(Report.SESSIONS, question, await _answer(parts, Report.SESSIONS, question))


async def _answer(parts: Parts, name: Report, question: ReportQuestion) -> Answer:
    answer = await parts.store.report(name, question)
    if len(answer.rows) > ROWS_LIMIT:
        raise QueryInvalid(f"the report has {len(answer.rows)} rows, more than {ROWS_LIMIT}; group less or filter more")
    return answer

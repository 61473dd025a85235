"""The reference of all settings in `docs/configuration.md`, made from the settings' own classes."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from providers._kit.settings import ConnectionSettings
from providers._kit.unsigned import UnsignedSettings
from runtime.broker import BrokerSettings
from runtime.settings import Budget, Connection, Price, Section, Settings

PROVIDER_HEADING = "`[[connections]]` of "

# What the classes leave to the member's name.
MEANINGS = {
    "kafka.topic_prefix": "What the names of all topics and consumer groups begin with.",
    "kafka.replication_factor": "Copies of every topic; 3 where there are three brokers.",
    "kafka.min_insync_replicas": "Copies that must have a record before it counts as written; 2 of 3.",
    "ingest.host": "Address of the callback port.",
    "ingest.port": "The callback port.",
    "ingest.admin_host": "Address of the local port.",
    "streams.admin_host": "Address of the local port.",
    "streams.admin_port": "Health and metrics.",
    "streams.commit_interval_s": "How often the groups' offsets are committed.",
    "streams.max_batch": "Records a stage takes at once from one partition.",
    "dispatch.longest_rest_s": "How long it rests at most.",
    "store.batch_rows": "Records in one transaction of the sink, at most.",
    "store.batch_wait_s": "How long the sink waits for a batch to fill; while little comes for nobody, twice as long.",
    "store.memory_limit": "DuckDB's memory.",
    "store.threads": "DuckDB's threads.",
    "store.query_timeout_s": "A question that takes longer is ended.",
    "api.host": "Address of the query port and the live page.",
    "api.port": "The query port and the live page.",
    "data_dir": "Where the store, the keys, the logs and a broker of one's own are kept.",
    "log_level": "DEBUG, INFO, WARNING or ERROR.",
    "connections": "The accounts at the providers, see below.",
    "prices": "What messages cost, see below; for back-tests and advice.",
    "budgets": "What may be sent on one day, see below.",
    "budget.name": "How plans refer to it.",
    "connection.provider": "Which provider: the name of its folder.",
    "connection.name": "How the callback path names the connection.",
    "connection.account": "Whom the traffic belongs to; keys of the API can be bound to accounts.",
}


def settings_tables() -> str:
    """The whole reference in Markdown."""
    sections = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }
    single = {name: field for name, field in Settings.model_fields.items() if name not in sections}
    parts = [_table("Top level", Settings, single, prefix="TIDINGS_")]
    for name, section in sections.items():
        heading = f"`[{name}]` {inspect.getdoc(section)}"
        parts.append(_table(heading, section, section.model_fields, path=name, prefix=f"TIDINGS_{name.upper()}__"))
    parts.append(_table("`[[connections]]`", Connection, Connection.model_fields, path="connection"))
    parts.append(_table(f"`[[budgets]]` {inspect.getdoc(Budget)}", Budget, Budget.model_fields, path="budget"))
    parts.append(_table(f"`[[prices]]` {inspect.getdoc(Price)}", Price, Price.model_fields, path="price"))
    parts.append(_environment_table())
    shared = ConnectionSettings.model_fields
    parts.append(_table(f"{PROVIDER_HEADING}every provider", ConnectionSettings, shared))
    others = {name: field for name, field in UnsignedSettings.model_fields.items() if name not in shared}
    parts.append(_table(f"{PROVIDER_HEADING}providers that cannot sign", UnsignedSettings, others))
    return "\n\n".join(parts)


def undocumented() -> list[str]:
    """Our own members that neither their class nor `MEANINGS` explains; a provider's are explained in its folder."""
    ours = settings_tables().partition(PROVIDER_HEADING)[0]
    return [line.split("|")[1].strip() for line in ours.splitlines() if line.endswith("|  |")]


def _table(
    heading: str, model: type[BaseModel], fields: dict[str, FieldInfo], *, path: str = "", prefix: str = ""
) -> str:
    told = docstrings(model)
    columns = ["setting", "environment", "default", "meaning"] if prefix else ["setting", "default", "meaning"]
    lines = [f"### {heading}", "", _row(columns), _row(["---"] * len(columns))]
    for name, field in fields.items():
        meaning = told.get(name) or MEANINGS.get(f"{path}.{name}" if path else name, "")
        environment = [f"`{prefix}{name.upper()}`"] if prefix else []
        lines.append(_row([f"`{name}`", *environment, _default(field), meaning]))
    return "\n".join(lines)


def _environment_table() -> str:
    told = docstrings(BrokerSettings)
    lines = ["### Environment only", "", _row(["variable", "default", "meaning"]), _row(["---"] * 3)]
    lines.append(_row(["`TIDINGS_CONFIG`", "`tidings.toml` when there is one", "The settings file."]))
    for name, field in BrokerSettings.model_fields.items():
        lines.append(_row([f"`{field.validation_alias}`", _default(field), told.get(name, "")]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each member of a class, or of one that it comes from."""
    told: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            told |= _told_in(kind)
    return told


def _told_in(model: type[BaseModel]) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    return dict(_explained(body)) if isinstance(body, ast.ClassDef) else {}


def _explained(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for member, following in zip(body.body, body.body[1:], strict=False):
        match member, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "computed"
    default = field.default
    return "" if default in {None, "", ()} else f"`{str(default).lower() if isinstance(default, bool) else default}`"

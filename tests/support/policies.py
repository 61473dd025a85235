"""A file of policies, and settings that name it."""

from pathlib import Path

from runtime.settings import Budget, Connection, FallbackSettings, Settings

FILE = """
[[policies]]
name = "otp"
version = 3
in_doubt = "resend"
[policies.guards]
quiet_hours = {start = "22:00", end = "07:30"}
send_within_s = 600
budget = "sms"
[policies.applies_to]
account = "shop"
campaign = "otp-*"
[[policies.steps]]
channel = "viber"
provider = "routee"
connection = "main"
sender = "Example"
wait_s = 30
succeed_on = "seen"
[[policies.steps]]
channel = "sms"
provider = "telesign"
connection = "main"
sender = "Example"
wait_s = 300
content = {kind = "text", text = "Look into your Viber"}
"""


def settings_with(text: str, directory: Path) -> Settings:
    file = directory / "policies.toml"
    file.write_text(text)
    return Settings(
        fallback=FallbackSettings(policies=file),
        connections=tuple(Connection(provider=name, name="main") for name in ("routee", "telesign")),
        budgets=(Budget(name="sms", most_sends_per_day=10),),
    )

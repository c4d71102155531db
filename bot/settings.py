"""Every environment variable, typed, frozen, and secret-safe. Nothing else reads the environment."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticKnownError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.setting_forms import AppToken, BotToken, WhoApproves

_TAKES = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_parsing_size"), "takes a whole number"),
    **dict.fromkeys(("float_parsing", "decimal_parsing", "finite_number"), "takes a number"),
    "bool_parsing": "takes true or false",
    "greater_than": "takes more than {gt:.12g}",
    "greater_than_equal": "takes {ge:.12g} or more",
    "less_than_equal": "takes {le:.12g} or less",
    "literal_error": "takes {expected}",
}
"""What a setting takes, by pydantic's word for what was wrong with it."""
MOST_DAYS = 36_500
MOST = MOST_DAYS * 86_400
"""Of seconds, and of whatever else is counted: a longer time leads out of the calendar."""
_NO_ADDRESS = "takes an address such as https://host:8443/path; in a password @ : / are %40 %3A %2F"


class SettingsError(Exception):
    """A setting is wrong. Each line names one and says what it should be."""


class Settings(BaseSettings):
    """The bot's settings, from the environment and from `.env` in the working directory.

    An empty value counts as not set. A source without its address or key is off; so is a webhook without its secret.
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore", allow_inf_nan=False
    )

    # ── itself ──
    database_url: str = "sqlite:///first-responder.sqlite"
    """SQLAlchemy form: `sqlite:///path` or `postgresql://user:password@host/name`."""
    replica_lease_s: float = Field(default=20.0, ge=1.0)
    """How long a replica that stands still keeps its stories; on PostgreSQL another then takes them up."""
    http_host: str = "0.0.0.0"  # noqa: S104 - webhooks come from other machines; loopback is one setting away
    http_port: int = Field(default=8080, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    extra_ca_file: Path | None = None
    """PEM file of certificate authorities to trust besides the usual ones, for every outgoing connection."""

    # ── Slack ──
    slack_bot_token: BotToken = None
    slack_app_token: AppToken = None
    """Set: Socket Mode. Not set: signed HTTP on /slack/events, which needs SLACK_SIGNING_SECRET."""
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    slack_limits: Literal["published", "none"] = "published"
    """`none`: for a stand-in for Slack that has no limits; only pauses that it asks for are waited for."""
    slack_incidents_channel: str | None = None
    """Id (C…) of the channel that gets a line for each incident."""

    # ── alerts in ──
    alertmanager_webhook_token: SecretStr | None = None
    grafana_webhook_token: SecretStr | None = None
    pagerduty_webhook_secret: SecretStr | None = None
    generic_webhook_token: SecretStr | None = None
    service_labels: Annotated[tuple[str, ...], NoDecode] = ("service", "job", "app", "deployment", "alertname")
    """Labels that may name the service; the first that an alert carries counts. Comma-separated."""
    env_labels: Annotated[tuple[str, ...], NoDecode] = ("env", "environment", "stage")
    reopen_window_s: int = Field(default=3600, ge=0)
    """Seconds after the last resolution within which an alert reopens its incident."""
    storm_threshold: int = Field(default=10, ge=0)
    """More new incidents than so many in a minute are a storm, with one channel and a table; 0: never."""
    looks_at_once: int = Field(default=12, ge=1, le=12)
    """So many incidents are looked into at once, the most important first."""

    # ── sources ──
    prometheus_url: str | None = None
    prometheus_token: SecretStr | None = None
    elasticsearch_url: str | None = None
    elasticsearch_api_key: SecretStr | None = None
    elasticsearch_index: str = "logs-*"
    elasticsearch_time_field: str = "@timestamp"
    elasticsearch_service_field: str = "service.name"
    elasticsearch_env_field: str = ""
    """Not set: lines of every environment are read. It must hold the same words as the alerts' environment."""
    elasticsearch_level_field: str = "log.level"
    elasticsearch_message_field: str = "message"
    kibana_url: str | None = None
    github_token: SecretStr | None = None
    github_api_url: str = "https://api.github.com"
    pagerduty_api_key: SecretStr | None = None
    pagerduty_api_url: str = "https://api.pagerduty.com"
    chroma_path: Path | None = Path("chroma")
    """Folder of the memory of past incidents, for one process."""
    chroma_url: str | None = None
    """A Chroma server instead of the folder; needed with more than one replica."""
    services_file: Path | None = None
    memory_file: Path | None = None
    """MEMORY.md: the team's standing words, read for every incident. Not set: only what people had it remember."""
    memory_days: int = Field(default=730, ge=0)
    """Days after which a past incident is forgotten; 0: never. The next two are of the same kind."""
    report_days: int = Field(default=180, ge=0)
    """Of what was found about a resolved incident."""
    transcript_days: int = Field(default=180, ge=0)
    """Of questions and answers."""
    embedder: Literal["hashing", "onnx", "http"] = "hashing"
    embedder_path: Path = Path("embedder")
    embedder_url: str | None = None
    embedder_model: str = ""
    """Sent as `model`, where the server behind EMBEDDER_URL holds several."""
    embedder_token: SecretStr | None = None

    # ── runbooks and their gates ──
    runbooks_dir: Path | None = None
    """Not set: the library that comes with the bot."""
    runbook_allowed_programs: Annotated[tuple[str, ...], NoDecode] = ("kubectl", "psql", "aws", "df", "du", "find")
    """Names found on PATH, or absolute paths."""
    runbook_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """`host` or `host:port` that `http` steps may call; none: no `http` step runs."""
    runbook_env: Annotated[tuple[str, ...], NoDecode] = ()
    """Names of environment variables that pass into a step, such as KUBECONFIG."""
    runbook_sandbox: Literal["none", "bwrap"] = "none"
    autonomy_profile: Literal["observe", "development", "staging", "production", "incident"] = "production"
    autonomy_file: Path | None = None
    """autonomy.yaml: steps that a team lets run unasked. Not set: none."""
    approvers: WhoApproves = ()
    """User ids (U…), user group ids (S…), `oncall`. Nobody set: nothing can be approved."""
    approvers_low: WhoApproves = ()
    """Over APPROVERS, for this risk; so are the next three."""
    approvers_medium: WhoApproves = ()
    approvers_high: WhoApproves = ()
    approvers_critical: WhoApproves = ()
    approval_timeout_s: float = Field(default=300.0, gt=0)
    require_second_person: bool = False
    """Whether the one who asked cannot approve."""
    emergency_approvers: WhoApproves = ()
    """Who lifts an emergency stop; not set: those who approve critical steps."""
    shared_channels: Annotated[tuple[str, ...], NoDecode] = ()
    """Ids of externally shared channels in which the bot may run things and answer all the same."""
    audit_key: SecretStr | None = None
    """Chains the audit log. Not set: nothing can be run. Keep it outside the database."""

    # ── the model ──
    anthropic_api_key: SecretStr | None = None
    """Not set: no model is asked, and everything works from evidence alone."""
    anthropic_base_url: str = "https://api.anthropic.com"
    models_large: Annotated[tuple[str, ...], NoDecode] = ("claude-sonnet-5-5", "claude-haiku-5-5")
    """For analysis and answers, tried in this order."""
    models_small: Annotated[tuple[str, ...], NoDecode] = ("claude-haiku-5-5", "claude-sonnet-5-5")
    """For small work."""
    model_prices: Annotated[tuple[str, ...], NoDecode] = ()
    """`name=input/output` in dollars for a million tokens, over those that the bot knows."""
    model_requests_per_minute: int = Field(default=50, gt=0)
    model_tokens_per_minute: int = Field(default=200_000, gt=0)
    opinion_deadline_s: float = Field(default=20.0, gt=0)
    """Seconds for the model's second opinion on a briefing; later it stays as the evidence made it."""
    answer_mode: Literal["mentions", "questions", "all"] = "questions"
    """What is answered in an incident's channel besides mentions and the bot's own threads."""
    budget_answer: Decimal = Field(default=Decimal("0.50"), ge=0)
    """US dollars for one answer; so are the next four, for what they name. 0: no model there."""
    budget_incident: Decimal = Field(default=Decimal("5.00"), ge=0)
    budget_person_day: Decimal = Field(default=Decimal("5.00"), ge=0)
    budget_day: Decimal = Field(default=Decimal("25.00"), ge=0)
    budget_month: Decimal = Field(default=Decimal("300.00"), ge=0)
    pagerduty_from: str = ""
    """Address of the PagerDuty user in whose name the bot pages a person; not set: it pages nobody."""
    redact_emails: bool = False
    """Whether e-mail addresses are masked too."""
    redact_cards: bool = False
    """Whether numbers of payment cards are masked too."""

    # ── the life of an incident ──
    escalate_on: Annotated[tuple[str, ...], NoDecode] = ()
    """What calls the next level by PagerDuty: unacknowledged, unknown, several, data, steps, expired. None: nothing."""
    escalate_after_s: float = Field(default=600.0, gt=0)
    """Seconds that nobody may acknowledge an incident, and that each level has to answer."""
    watch_s: float = Field(default=900.0, ge=0)
    """Seconds for which a change that is made during an incident is watched; 0: never."""
    status_reminder_s: float = Field(default=1800.0, ge=0)
    """Seconds without a status after which one is asked for, with a draft. 0: never."""
    status_reminder_urgent_s: float = Field(default=900.0, ge=0)
    """The same for SEV1."""
    pagerduty_acknowledge: bool = False
    """Whether what is acknowledged in Slack is acknowledged in PagerDuty, where its alert or a page of ours stands."""
    pagerduty_notes: bool = False
    """The same for notes and status updates."""
    pagerduty_resolve: bool = False
    """The same for what is closed."""

    quiet_period_s: float = Field(default=900.0, ge=0)
    """Seconds that nothing may fire before it is proposed to close what is over."""
    auto_resolve: bool = False
    """Whether it is then closed without asking anybody."""
    close_after_s: float = Field(default=86_400.0, gt=0)
    """Seconds without an answer after which it is closed as recovered, not reviewed."""
    archive_after_days: float = Field(default=0.0, ge=0)
    """Days after the closing when its channel is archived. 0: never."""
    postmortem_names: bool = False
    """Whether postmortems name people; else roles stand in their place."""
    postmortem_github: Literal["pull_request", "issue"] | None = None
    """Where postmortems go besides the channel. Not set: nowhere."""
    postmortem_repo: str = ""
    """`owner/name`."""
    postmortem_folder: str = "postmortems"
    """In that repository; the year is a folder below it."""
    github_write_token: SecretStr | None = None
    """May write there and nowhere else: GITHUB_TOKEN only reads."""

    # ── seen at work ──
    digest: str = "mon 08:00"
    """When the week is told in the incidents channel: weekday and time, UTC; `off`: never."""
    otel_exporter_otlp_endpoint: str | None = None
    """Base address of an OpenTelemetry collector (OTLP over HTTP). Set: each story is a trace."""
    otel_exporter_otlp_headers: SecretStr | None = None
    """`name=value,name=value`, sent to it with each batch."""

    # ── how long ──
    source_timeout_s: float = Field(default=8.0, gt=0)
    """Seconds that one source may take."""
    gather_deadline_s: float = Field(default=10.0, gt=0)
    """Seconds that all of them may take together."""
    interim_after_s: float = Field(default=2.0, gt=0)
    """Seconds after which a first briefing is posted although a source is still being waited for."""
    channel_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds after which the headline goes to the incidents channel because its own channel is not there."""

    @field_validator(
        *("service_labels", "env_labels", "shared_channels", "emergency_approvers"),
        *("runbook_allowed_programs", "runbook_allowed_hosts", "runbook_env"),
        *("models_large", "models_small", "model_prices", "escalate_on"),
        *("approvers", "approvers_low", "approvers_medium", "approvers_high", "approvers_critical"),
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator(
        *("slack_api_url", "prometheus_url", "elasticsearch_url", "kibana_url", "github_api_url", "pagerduty_api_url"),
        *("chroma_url", "embedder_url", "anthropic_base_url", "otel_exporter_otlp_endpoint"),
    )
    @classmethod
    def _can_be_taken_apart(cls, url: str | None) -> str | None:
        """Whoever takes it apart later would fail, and name what was taken for a port: a piece of a password."""
        try:
            _ = urlsplit(url or "").port
        except ValueError:
            raise PydanticCustomError("address", _NO_ADDRESS) from None
        return url

    @field_validator("*")
    @classmethod
    def _within_the_calendar(cls, value: object, info: ValidationInfo) -> object:
        most = MOST_DAYS if str(info.field_name).endswith("_days") else MOST
        if isinstance(value, int | float | Decimal) and value > most:
            raise PydanticKnownError("less_than_equal", {"le": most})
        return value


def load() -> Settings:
    """Reads the environment. Raises SettingsError with one line for each fault, never with a value in it."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_fault(one) for one in error.errors())) from None


def _fault(problem: ErrorDetails) -> str:
    """«STORM_THRESHOLD: takes a whole number»."""
    name, takes = ".".join(map(str, problem["loc"])).upper(), _TAKES.get(problem["type"])
    return f"{name}: {takes.format(**problem.get('ctx', {})) if takes else problem['msg']}"

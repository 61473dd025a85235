"""Everything that can go wrong, drawn once.

TidingsError
├── ConfigurationInvalid      a setting is missing, contradictory or of the wrong kind
├── CallbackRefused           a callback is not taken; `http_status` is the answer
│   ├── SignatureInvalid          401  not signed by the provider, or not over these bytes
│   ├── SenderForbidden           403  the address is not one the connection allows
│   ├── ConnectionUnknown         404  no such provider, connection or token
│   ├── MethodRefused             405  the provider never calls with this method
│   ├── BodyTooLarge              413  above the limit
│   ├── RateExceeded              429  above the connection's rate
│   └── NotDurable                503  neither Kafka nor the spool can take it now
├── SendError                 a call to a provider did not do what was asked; its attributes say what follows
│   ├── RequestInvalid            it breaks a rule of the provider, found before or behind the door: mend it
│   ├── RecipientUnreachable      this channel or provider cannot reach this person
│   ├── RecipientOptedOut         this person does not want our messages
│   ├── SessionRequired           the rules of the session forbid it now
│   ├── CredentialsRefused        the account is not let in, or may not do this
│   ├── FundsExhausted            the account has no money
│   ├── ProviderThrottled         too much at once; later is fine
│   ├── ProviderUnavailable       it certainly did not take it: not reached, or it said so
│   └── SendInDoubt               it left, and nobody knows what became of it
├── PayloadInvalid            authentic bytes that cannot be understood: a dead letter
├── BrokerUnavailable         no Kafka answers
├── WorldMoved                infrastructure contradicts what this process believes; end and start again
│   └── OffsetGap                 records the store needs are gone from Kafka
├── StoreUnavailable          the store cannot be opened or has failed
│   └── StoreDamaged              its file is not what was written; another takes its place
├── ArchiveDamaged            a file of the archive is not what its manifest says
├── ExportDamaged             a file of an export is not what its manifest says
├── JobEnded                  a job was not carried out to its end
│   └── ExportEnded               of an export nothing is left then
├── ErasureRefused            a person cannot be erased now, and nothing was done
├── AuditUnavailable          what has to be answered for cannot be written down, so it is not done
└── QueryInvalid              a question the API cannot answer as asked
    └── NotFound                  nothing is known under that name
"""


class TidingsError(Exception):
    """The root of the tree; its text says what happened and what to do next."""


class ConfigurationInvalid(TidingsError):
    """A setting is missing, contradictory or of the wrong kind."""


class CallbackRefused(TidingsError):
    """A callback is not taken. The provider is answered with `http_status`."""

    http_status = 400
    retry_after_s: int | None = None


class SignatureInvalid(CallbackRefused):
    """The bytes were not signed by the provider, or not these bytes."""

    http_status = 401


class SenderForbidden(CallbackRefused):
    """The caller's address is not one the connection allows."""

    http_status = 403


class ConnectionUnknown(CallbackRefused):
    """No such provider, connection or token."""

    http_status = 404


class MethodRefused(CallbackRefused):
    """The provider never calls with this method."""

    http_status = 405


class BodyTooLarge(CallbackRefused):
    """The body is above the limit."""

    http_status = 413


class RateExceeded(CallbackRefused):
    """More callbacks than the connection's rate allows."""

    http_status = 429
    retry_after_s = 1


class NotDurable(CallbackRefused):
    """The callback could not be made durable in time; whether it was stored is not known."""

    http_status = 503
    retry_after_s = 5


class SendError(TidingsError):
    """A call to a provider did not do what was asked. The class says what follows, its text why.

    `code` is the provider's own code, verbatim, and `http_status` the status of its answer, where there were any.
    """

    may_retry = False
    """The same request at the same provider may do better later, and cannot make a second message."""
    may_fall_back = False
    """Another channel or provider may do better."""
    permanent = False
    """The same request will never do better."""

    def __init__(
        self,
        text: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.http_status = http_status
        self.retry_after_s = retry_after_s


class RequestInvalid(SendError):
    """The request breaks a rule of the provider; the text names the member and the rule."""

    permanent = True


class RecipientUnreachable(SendError):
    """This channel or provider cannot reach this person; another may."""

    may_fall_back = True
    permanent = True


class RecipientOptedOut(SendError):
    """This person does not want our messages; no other channel is tried behind their back."""

    permanent = True


class SessionRequired(SendError):
    """The rules of the session forbid this message now: there is none, it is full, or it is the person's turn."""

    may_fall_back = True
    permanent = True


class CredentialsRefused(SendError):
    """The account is not let in, or may not do this; somebody has to look at the connection."""

    may_fall_back = True
    permanent = True


class FundsExhausted(SendError):
    """The account has no money; somebody has to pay, and another provider may send meanwhile."""

    may_fall_back = True
    permanent = True


class ProviderThrottled(SendError):
    """The provider asks us to slow down and did not take the request; `retry_after_s` when it says for how long."""

    may_retry = True
    may_fall_back = True


class ProviderUnavailable(SendError):
    """The provider certainly did not take the request: it was not reached, or says that it failed."""

    may_retry = True
    may_fall_back = True


class SendInDoubt(SendError):
    """The request left and no usable answer came: it may have been taken. Neither repeat nor replace it unasked."""


class PayloadInvalid(TidingsError):
    """Authentic bytes that cannot be understood; they become a dead letter with this text as the reason."""


class BrokerUnavailable(TidingsError):
    """No Kafka answers where one was expected."""


class WorldMoved(TidingsError):
    """Infrastructure contradicts what this process believes; it must end and start again from what is stored."""


class OffsetGap(WorldMoved):
    """Records that the store still needs are gone from Kafka."""


class StoreUnavailable(TidingsError):
    """The store cannot be opened, or has failed for good in this process."""


class StoreDamaged(StoreUnavailable):
    """The store's file, or a copy of it, is not what was written; something else must take its place."""


class ArchiveDamaged(TidingsError):
    """A file of the archive is missing or is not what its manifest says."""


class ExportDamaged(TidingsError):
    """A file of an export is missing or is not what its manifest says."""


class JobEnded(TidingsError):
    """A job was not carried out to its end; the text says why, and what to do."""


class ExportEnded(JobEnded):
    """An export was not; nothing of it is left."""


class ErasureRefused(TidingsError):
    """A person cannot be erased now; nothing was done, and the text says what must be so first."""


class AuditUnavailable(TidingsError):
    """What has to be answered for later cannot be written down, so it is not done."""


class QueryInvalid(TidingsError):
    """A question that cannot be answered as asked; the text names the member and the rule."""


class NotFound(QueryInvalid):
    """Nothing is known under that name."""

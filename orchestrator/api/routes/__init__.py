"""Every route, once: the router, the keys' scopes and `/openapi.json` are made from these tables."""

from orchestrator.api.routes.audit import AUDIT
from orchestrator.api.routes.consents import CONSENTS
from orchestrator.api.routes.customers import CUSTOMERS
from orchestrator.api.routes.events import EVENTS
from orchestrator.api.routes.facts import FACTS
from orchestrator.api.routes.inbound import INBOUND
from orchestrator.api.routes.merges import MERGES
from orchestrator.api.routes.messages import MESSAGES
from orchestrator.api.routes.operation import OPERATION
from orchestrator.api.routes.privacy import PRIVACY
from orchestrator.api.routes.replies import REPLIES
from orchestrator.api.routes.segments import SEGMENTS

ROUTES = (
    *MESSAGES,
    *EVENTS,
    *REPLIES,
    *MERGES,
    *CUSTOMERS,
    *CONSENTS,
    *INBOUND,
    *FACTS,
    *SEGMENTS,
    *PRIVACY,
    *AUDIT,
    *OPERATION,
)

"""Every route, once: the router, the keys' scopes and `/openapi.json` are made from these tables."""

from orchestrator.api.routes.customers import CUSTOMERS
from orchestrator.api.routes.facts import FACTS
from orchestrator.api.routes.messages import MESSAGES
from orchestrator.api.routes.operation import OPERATION
from orchestrator.api.routes.replies import REPLIES

ROUTES = (*MESSAGES, *REPLIES, *CUSTOMERS, *FACTS, *OPERATION)

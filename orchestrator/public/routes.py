"""Every public route, once: the router and the list of what no key is asked for are made from these tables."""

from __future__ import annotations

from orchestrator.public.confirm import CONFIRM
from orchestrator.public.preferences import PREFERENCES
from orchestrator.public.privacy import PRIVACY_FORMS
from orchestrator.public.privacy_links import PRIVACY_LINKS
from orchestrator.public.unsubscribe import UNSUBSCRIBE
from orchestrator.public.why import WHY

PUBLIC_ROUTES = (*UNSUBSCRIBE, *PREFERENCES, *WHY, *CONFIRM, *PRIVACY_FORMS, *PRIVACY_LINKS)

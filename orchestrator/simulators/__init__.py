"""Providers played on this machine: HTTP servers built from the providers' documentation, apart from our adapters.

They take, refuse, throttle, sign and call back. They import nothing of `channels/` nor of the contract: what both
sides have in common, both would get wrong. `frame.py` is what all of them share; each provider is a module with
`make(told, hooks, options)`.
"""

from typing import Final

PROVIDERS: Final[dict[str, str]] = {
    "meta": "orchestrator.simulators.meta",
    "twilio": "orchestrator.simulators.twilio",
    "zenvia": "orchestrator.simulators.zenvia",
    "ses": "orchestrator.simulators.ses",
    "smtp": "orchestrator.simulators.smtp",
    "fcm": "orchestrator.simulators.fcm",
    "webpush": "orchestrator.simulators.webpush",
}
"""Which providers can be played: name → module."""

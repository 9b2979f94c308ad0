"""Data to show a message with where nobody has sent any: a persona's, the message's examples, and stand-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.domain.claim import ClaimKind
from orchestrator.schema import VariableType, merged, nest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.catalog.model import Message, Variable

# What a value of each kind may look like. Nobody is sent these.
_STAND_INS: Mapping[VariableType, Any] = {
    VariableType.STRING: "exemplo",
    VariableType.URL: "https://shop.example/p/10234",
    VariableType.DATE: "2026-12-31",
    VariableType.DATETIME: "2026-12-31T18:00:00-03:00",
    VariableType.MONEY: "129.90 BRL",
    VariableType.NUMBER: 2,
    VariableType.INTEGER: 2,
    VariableType.BOOLEAN: True,
}
_STAND_INS_OF_FACTS: Mapping[ClaimKind, Any] = {
    ClaimKind.PRICE: "129.90 BRL",
    ClaimKind.DISCOUNT: "20%",
    ClaimKind.DELIVERY_DATE: "2026-12-31",
    ClaimKind.DEADLINE: "2026-12-31",
    ClaimKind.COUPON: "EXEMPLO20",
    ClaimKind.POLICY: "7 dias",
}


def complete_data(message: Message, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data, with everything that the message reads and the data lacks.

    A variable with a fallback is left out: without its value, the fallback is what is sent.
    """
    gaps: dict[str, Any] = {}
    for path, variable in message.variables.items():
        if variable.fallback is None:
            nest(gaps, path, _example(variable))
    for claim in message.claims.values():
        if claim.from_ not in message.variables:
            nest(gaps, claim.from_, _STAND_INS_OF_FACTS[claim.kind])
    return dict(merged(gaps, dict(data)))


def _example(variable: Variable) -> Any:
    if variable.example is not None:
        return variable.example
    if variable.type is VariableType.LIST:
        return [{name: _STAND_INS[kind] for name, kind in variable.of.items()}]
    return _STAND_INS[variable.type]

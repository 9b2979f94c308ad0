"""Channels as a person types them and reads them."""

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.translations import mark

NAMES = {
    Channel.EMAIL: mark("E-mail"),
    Channel.WHATSAPP: mark("WhatsApp"),
    Channel.SMS: mark("SMS"),
    Channel.PUSH: mark("Push"),
}


def chosen_channel(name: str) -> Channel:
    """The channel of that name. Raises InputError."""
    try:
        return Channel(name.lower())
    except ValueError as error:
        raise InputError(
            'There is no channel "{channel}"{hint}', remedy="There are: {known}.", code="unknown_channel",
            channel=name, hint=did_you_mean(name, Channel), known=", ".join(Channel),
        ) from error  # fmt: skip

"""Who the console's tests talk about: customers, what they are told, and what an attacker would put into a name."""

from orchestrator.channels import InboxCall, InboxEntry
from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.dispatch.register import Profile
from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode
from orchestrator.domain.message import Button, Rendered
from orchestrator.journeys.steps import Channels
from tests.doors.conftest import draining

HOSTILE = "<img src=x onerror=alert(1)>{{1234*4321}}\u202egnp.exe'\"</p><script>alert(2)</script>"
HOSTILE_TOKEN = "<img/src=x/onerror=alert(3)>{{1234*4321}}"

CUSTOMERS = [
    Profile(id="cus_ana", emails=("ana@example.com",), phones=("+5511912345678",), attributes={"first_name": "Ana"}),
    Profile(id="cus_carla", phones=("+5592912345678",), attributes={"first_name": "Carla"}),
    Profile(id="cus_diego", push_tokens=("token-of-diego",), attributes={"first_name": "Diego"}),
    Profile(
        id="cus_mallory",
        emails=("mallory@example.com",),
        phones=("+5511987654321",),
        push_tokens=(HOSTILE_TOKEN,),
        attributes={"first_name": HOSTILE},
    ),
]
ORDER = {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-12-01"}
HOSTILE_ORDER = ORDER | {"number": HOSTILE}

EVERYWHERE = ("email", "whatsapp", "sms", "push")

# Customer, channels in order of preference, order. They are sent in this order, a minute apart.
WANTED = [
    ("cus_ana", EVERYWHERE, ORDER),
    ("cus_carla", EVERYWHERE, ORDER),
    ("cus_carla", ("sms",), ORDER),
    ("cus_diego", EVERYWHERE, ORDER),
    *[("cus_mallory", (channel,), HOSTILE_ORDER) for channel in EVERYWHERE],
]

# What no renderer would let through: the console must not trust that one did.
RAW = [
    Rendered(
        message=HOSTILE,
        channel=channel,
        locale=HOSTILE,
        text=HOSTILE,
        subject=HOSTILE,
        preheader=HOSTILE,
        html=HOSTILE if channel is Channel.EMAIL else "",
        title=HOSTILE,
        url=HOSTILE,
        buttons=(Button(label=HOSTILE, url=HOSTILE),),
        template={"name": HOSTILE, "language": HOSTILE, "category": HOSTILE},
        encoding=HOSTILE,
        claims=(StatedClaim(name=HOSTILE, kind=ClaimKind.PRICE, fact=HOSTILE, value=HOSTILE, text=HOSTILE),),
    )
    for channel in Channel
]


async def send(app, release, wanted=WANTED, mode=Mode.LIVE):
    """Accept and drain everything that is wanted, as the doors and a worker do."""
    async with draining(app) as drain:
        for number, (customer, channels, order) in enumerate(wanted):
            asked = WantedMessage(
                message="order_confirmed",
                customer_id=customer,
                channels=Channels(first_reachable=channels),
                data={"order": order},
                mode=mode,
            )
            with app.store.write() as transaction:
                accept_message(transaction, release, app.clock, asked, identity=f"{mode}/{number}", origin="test")
            await drain.drain()
            app.clock.advance(minutes=1)


def entry_of(entries, customer, channel):
    """The oldest entry of a customer on a channel."""
    return next(one for one in entries if one["customer_id"] == customer and one["channel"] == channel)


def fill(app, count):
    """Put messages straight into the inbox; their subjects are their numbers."""
    put(
        app,
        [
            Rendered(message="order_late", channel=Channel.EMAIL, locale="pt-BR", text="Oi", subject=f"Number {number}")
            for number in range(count)
        ],
    )


def put(app, said):
    """Deliver into the inbox what went through no renderer; ids are inb_0, inb_1 and so on."""
    hostile = said is RAW
    calls = [
        InboxCall(
            InboxEntry(
                reference=f"msg_{number}",
                customer_id=HOSTILE if hostile else "cus_ana",
                object_id=HOSTILE if hostile else "",
                channel=one.channel,
                address=HOSTILE if hostile else "ana@example.com",
                rendered=one,
            ),
            app.clock.now(),
        )
        for number, one in enumerate(said)
    ]
    with app.store.write() as transaction:
        transaction.inbox.put(calls, [f"inb_{number}" for number in range(len(calls))])

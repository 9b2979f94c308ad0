"""Who is written to."""

from __future__ import annotations

from orchestrator.api import customers
from orchestrator.api.access import REASON
from orchestrator.api.models.customers import CustomerChanged, CustomerShown, CustomersPage, CustomersQuery, NewCustomer
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

CUSTOMERS = (
    Route(
        method="GET",
        path="/v1/customers",
        handler=customers.list_customers,
        scopes=("customers:read",),
        name="listCustomers",
        says="Customers in id order, page by page.",
        query=CustomersQuery,
        headers=REASON,
        replies={200: Reply("A page.", {JSON: CustomersPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/customers",
        handler=customers.post_customer,
        scopes=("customers:write",),
        name="postCustomer",
        says="Create a customer.",
        body={JSON: NewCustomer},
        idempotency="Optional.",
        replies={201: Reply("Created.", {JSON: CustomerShown}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 409, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}",
        handler=customers.get_customer,
        scopes=("customers:read",),
        name="getCustomer",
        says="One customer, with external ids and the consents in force.",
        headers=REASON,
        replies={200: Reply("The customer.", {JSON: CustomerShown})},
        refuses=(404,),
    ),
    Route(
        method="PATCH",
        path="/v1/customers/{id}",
        handler=customers.patch_customer,
        scopes=("customers:write",),
        name="patchCustomer",
        says="Change what the body says, and leave the rest.",
        body={JSON: CustomerChanged, customers.MERGE_PATCH: CustomerChanged},
        replies={200: Reply("The customer as they are now.", {JSON: CustomerShown})},
        refuses=(400, 404, 409, 413, 415, 422),
    ),
)

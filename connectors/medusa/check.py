"""Proves that a server can be worked with: key, store, location. Changes nothing.

A secret key may do everything an administrator may, so there are no scopes to prove.
"""

from __future__ import annotations

from ...canonical.errors import ContractBrokenError, RejectedError
from ...canonical.pushes import Account
from ..calls import Call, Transport
from .wire import Location, Store, read_one, read_rows, read_shape


def check_server(transport: Transport, location_id: str) -> Account:
    """Return whose server it is.

    Raises:
        ReauthRequiredError: the server does not accept the key.
        RejectedError: it has no such location, or is no Medusa server.
        ContractBrokenError: it answers with something else than a store.
    """
    params = {"fields": "id,name,*supported_currencies", "limit": "1"}
    call = Call("GET", "/admin/stores", params, safe=True, accept_statuses=(404,))
    answer = transport.send(call)
    if answer.status == 404:
        raise RejectedError(
            "there is no Medusa 2 server at this address",
            next_step="Give the address of the server, and not that of the shop.",
        )
    rows = read_rows(answer, "stores")
    if not rows:
        raise ContractBrokenError("the server has no store")
    store = read_shape(Store, rows[0])
    _require_location(transport, location_id)
    currency = next(
        (one.currency_code for one in store.supported_currencies if one.is_default), ""
    )
    return Account(
        external_id=store.id, name=store.name or store.id, currency=currency.upper()
    )


def _require_location(transport: Transport, location_id: str) -> Location:
    call = Call(
        "GET",
        f"/admin/stock-locations/{location_id}",
        {"fields": "id,name"},
        safe=True,
        accept_statuses=(404,),
    )
    answer = transport.send(call)
    if answer.status == 404:
        raise RejectedError(
            f"the server has no stock location {location_id!r}",
            next_step="Copy the id from Settings > Locations & Shipping.",
        )
    return read_one(Location, answer, "stock_location")

"""How GraphQL shows orders, lines, refunds and transactions."""

from __future__ import annotations

from collections.abc import Mapping

from . import totals
from .amounts import ZERO, Amount
from .calls import FieldReader, FieldResolver
from .connections import by_number, paginate
from .goods import gid
from .payload_parts import fulfillable_quantity, line_name
from .records import Line, Order
from .shapes import (
    bag,
    count,
    customer,
    discount_allocations,
    discount_application,
    line_discount,
    mailing_address,
    moment,
    taxes,
)


def _bag(order: Order, amount: Amount) -> object:
    return bag(order.currencies, amount)


def _outstanding(order: Order) -> Amount:
    return totals.current_total(order) - (
        totals.received(order) - totals.refunded(order)
    )


def _codes(order: Order) -> list[str]:
    return [order.discount.title] if order.discount and order.discount.code else []


def _unfulfilled(line: Line) -> int:
    return fulfillable_quantity(line.order, line)


ORDER: Mapping[str, FieldReader] = {
    "app": lambda o: None,
    "billingAddress": mailing_address,
    "cancelReason": lambda o: o.cancel_reason,
    "cancellation": lambda o: {"staffNote": o.staff_note} if o.cancelled_at else None,
    "cancelledAt": lambda o: moment(o.cancelled_at),
    "closed": lambda o: False,
    "closedAt": lambda o: None,
    "confirmationNumber": lambda o: None,
    "confirmed": lambda o: True,
    "createdAt": lambda o: moment(o.created_at),
    "currencyCode": lambda o: o.currencies.shop,
    "currentShippingPriceSet": lambda o: _bag(o, totals.current_shipping(o)),
    "currentSubtotalLineItemsQuantity": lambda o: sum(
        line.current_quantity for line in o.lines
    ),
    "currentSubtotalPriceSet": lambda o: _bag(o, totals.current_subtotal(o)),
    "currentTaxLines": lambda o: taxes(o, totals.current_tax(o)),
    "currentTotalAdditionalFeesSet": lambda o: None,
    "currentTotalDiscountsSet": lambda o: _bag(o, totals.current_discounts(o)),
    "currentTotalDutiesSet": lambda o: None,
    "currentTotalPriceSet": lambda o: _bag(o, totals.current_total(o)),
    "currentTotalTaxSet": lambda o: _bag(o, totals.current_tax(o)),
    "customAttributes": lambda o: [],
    "customer": customer,
    "customerLocale": lambda o: "en",
    "discountCode": lambda o: next(iter(_codes(o)), None),
    "discountCodes": _codes,
    "displayFinancialStatus": totals.financial_status,
    "displayFulfillmentStatus": totals.fulfillment_status,
    "dutiesIncluded": lambda o: False,
    "edited": lambda o: o.edited,
    "email": lambda o: o.buyer.email,
    "estimatedTaxes": lambda o: False,
    "fulfillable": lambda o: any(_unfulfilled(line) for line in o.lines),
    "fulfillmentsCount": lambda o: count(len(o.fulfillments)),
    "fullyPaid": lambda o: totals.financial_status(o) == "PAID",
    "id": lambda o: o.gid,
    "legacyResourceId": lambda o: str(o.number),
    "name": lambda o: o.name,
    "netPaymentSet": lambda o: _bag(o, totals.received(o) - totals.refunded(o)),
    "note": lambda o: o.note,
    "number": lambda o: o.name_number,
    "originalTotalAdditionalFeesSet": lambda o: None,
    "originalTotalDutiesSet": lambda o: None,
    "originalTotalPriceSet": lambda o: _bag(o, o.original_total),
    "paymentGatewayNames": lambda o: sorted({one.gateway for one in o.transactions}),
    "phone": lambda o: None,
    "poNumber": lambda o: None,
    "presentmentCurrencyCode": lambda o: o.currencies.presentment,
    "processedAt": lambda o: moment(o.created_at),
    "refundDiscrepancySet": lambda o: _bag(o, ZERO),
    "refundable": lambda o: totals.received(o).shop > totals.refunded(o).shop,
    "requiresShipping": lambda o: any(
        line.variant.requires_shipping for line in o.lines
    ),
    "restockable": lambda o: any(line.current_quantity for line in o.lines),
    "returnStatus": lambda o: "NO_RETURN",
    "shippingAddress": mailing_address,
    "shippingLine": lambda o: o.shipping and (o, o.shipping),
    "sourceIdentifier": lambda o: None,
    "sourceName": lambda o: "web",
    "subtotalLineItemsQuantity": lambda o: sum(line.quantity for line in o.lines),
    "subtotalPriceSet": lambda o: _bag(o, totals.subtotal(o)),
    "tags": lambda o: [],
    "taxExempt": lambda o: False,
    "taxLines": lambda o: taxes(o, totals.total_tax(o)),
    "taxesIncluded": lambda o: o.taxes_included,
    "test": lambda o: o.test,
    "totalCapturableSet": lambda o: _bag(o, ZERO),
    "totalCashRoundingAdjustment": lambda o: {
        "paymentSet": _bag(o, ZERO),
        "refundSet": _bag(o, ZERO),
    },
    "totalDiscountsSet": lambda o: _bag(o, totals.total_discounts(o)),
    "totalOutstandingSet": lambda o: _bag(o, _outstanding(o)),
    "totalPriceSet": lambda o: _bag(o, totals.total(o)),
    "totalReceivedSet": lambda o: _bag(o, totals.received(o)),
    "totalRefundedSet": lambda o: _bag(o, totals.refunded(o)),
    "totalRefundedShippingSet": lambda o: _bag(o, totals.refunded_shipping(o)),
    "totalShippingPriceSet": lambda o: _bag(o, totals.total_shipping(o)),
    "totalTaxSet": lambda o: _bag(o, totals.total_tax(o)),
    "totalTipReceivedSet": lambda o: _bag(o, ZERO),
    "transactionsCount": lambda o: count(len(o.transactions)),
    "unpaid": lambda o: totals.received(o).shop == 0,
    "updatedAt": lambda o: moment(o.updated_at),
}

ORDER_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "discountApplications": lambda o, call, args: paginate(
        [discount_application(o.discount)] if o.discount else [],
        args,
        lambda one: (one["index"], one["index"]),
    ),
    "fulfillmentOrders": lambda o, call, args: paginate(
        o.fulfillment_orders, args, by_number
    ),
    "fulfillments": lambda o, call, args: o.fulfillments[: args.get("first")],
    "lineItems": lambda o, call, args: paginate(o.lines, args, by_number),
    "refunds": lambda o, call, args: o.refunds[: args.get("first")],
    "shippingLines": lambda o, call, args: paginate(
        [(o, o.shipping)] if o.shipping else [],
        args,
        lambda one: by_number(one[1]),
    ),
    "transactions": lambda o, call, args: o.transactions[: args.get("first")],
}


LINE_ITEM: Mapping[str, FieldReader] = {
    "currentQuantity": lambda x: x.current_quantity,
    "customAttributes": lambda x: [],
    "discountAllocations": discount_allocations,
    "discountedUnitPriceAfterAllDiscountsSet": lambda x: _bag(
        x.order, x.total.share(1, x.quantity)
    ),
    "discountedUnitPriceSet": lambda x: _bag(
        x.order,
        (x.original_total - line_discount(x, with_codes=False)).share(1, x.quantity),
    ),
    "id": lambda x: x.gid,
    "isGiftCard": lambda x: x.variant.product.gift_card,
    "merchantEditable": lambda x: True,
    "name": line_name,
    "nonFulfillableQuantity": lambda x: x.removed,
    "originalTotalSet": lambda x: _bag(x.order, x.original_total),
    "originalUnitPriceSet": lambda x: _bag(x.order, x.unit_price),
    "product": lambda x: None if x.variant.product.deleted else x.variant.product,
    "quantity": lambda x: x.quantity,
    "refundableQuantity": lambda x: x.current_quantity,
    "requiresShipping": lambda x: x.variant.requires_shipping,
    "restockable": lambda x: not x.variant.deleted,
    "sku": lambda x: x.sku,
    "taxable": lambda x: x.variant.taxable,
    "title": lambda x: x.title,
    "totalDiscountSet": lambda x: _bag(x.order, line_discount(x, with_codes=False)),
    "unfulfilledDiscountedTotalSet": lambda x: _bag(
        x.order, x.total.share(_unfulfilled(x), x.quantity)
    ),
    "unfulfilledOriginalTotalSet": lambda x: _bag(
        x.order, x.unit_price.times(_unfulfilled(x))
    ),
    "unfulfilledQuantity": _unfulfilled,
    "variant": lambda x: None if x.variant.deleted else x.variant,
    "variantTitle": lambda x: x.variant_title,
    "vendor": lambda x: x.vendor,
}

LINE_ITEM_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "discountedTotalSet": lambda x, call, args: _bag(
        x.order,
        x.original_total - line_discount(x, with_codes=args["withCodeDiscounts"]),
    ),
    "taxLines": lambda x, call, args: taxes(x.order, totals.line_tax(x.order, x))[
        : args.get("first")
    ],
}

SHIPPING_LINE: Mapping[str, FieldReader] = {
    "carrierIdentifier": lambda x: None,
    "code": lambda x: x[1].title,
    "currentDiscountedPriceSet": lambda x: _bag(x[0], totals.current_shipping(x[0])),
    "custom": lambda x: False,
    "discountAllocations": lambda x: [],
    "discountedPriceSet": lambda x: _bag(x[0], x[1].price),
    "id": lambda x: gid("ShippingLine", x[1].number),
    "isRemoved": lambda x: False,
    "originalPriceSet": lambda x: _bag(x[0], x[1].price),
    "phone": lambda x: None,
    "source": lambda x: "shopify",
    "taxLines": lambda x: taxes(x[0], totals.shipping_tax(x[0])),
    "title": lambda x: x[1].title,
}
"""The row of a shipping line is (order, shipping)."""

TRANSACTION: Mapping[str, FieldReader] = {
    "amountSet": lambda x: _bag(x.order, x.amount),
    "createdAt": lambda x: moment(x.created_at),
    "formattedGateway": lambda x: "Shopify Payments",
    "gateway": lambda x: x.gateway,
    "id": lambda x: gid("OrderTransaction", x.number),
    "kind": lambda x: x.kind,
    "manualPaymentGateway": lambda x: False,
    "order": lambda x: x.order,
    "parentTransaction": lambda x: x.parent,
    "paymentId": lambda x: f"{x.order.name}.{x.number}",
    "processedAt": lambda x: moment(x.created_at),
    "status": lambda x: "SUCCESS",
    "test": lambda x: x.order.test,
}

REFUND: Mapping[str, FieldReader] = {
    "createdAt": lambda x: moment(x.created_at),
    "id": lambda x: gid("Refund", x.number),
    "legacyResourceId": lambda x: str(x.number),
    "note": lambda x: x.note,
    "order": lambda x: x.order,
    "processedAt": lambda x: moment(x.created_at),
    "totalRefundedSet": lambda x: _bag(x.order, x.total),
    "updatedAt": lambda x: moment(x.created_at),
}

REFUND_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "orderAdjustments": lambda x, call, args: paginate([], args, by_number),
    "refundLineItems": lambda x, call, args: paginate(x.lines, args, by_number),
    "refundShippingLines": lambda x, call, args: paginate(
        [x] if x.shipping.shop else [], args, by_number
    ),
    "transactions": lambda x, call, args: paginate(x.transactions, args, by_number),
}

REFUND_SHIPPING_LINE: Mapping[str, FieldReader] = {
    "id": lambda x: gid("RefundShippingLine", x.shipping_number),
    "shippingLine": lambda x: (x.order, x.order.shipping),
    "subtotalAmountSet": lambda x: _bag(x.order, x.shipping),
    "taxAmountSet": lambda x: _bag(
        x.order,
        totals.shipping_tax(x.order).share(
            x.shipping.shop, totals.total_shipping(x.order).shop
        ),
    ),
}
"""The row of a refund's shipping is the refund itself: there is one at most."""

REFUND_LINE_ITEM: Mapping[str, FieldReader] = {
    "id": lambda x: gid("RefundLineItem", x.number),
    "lineItem": lambda x: x.line,
    "location": lambda x: x.location,
    "priceSet": lambda x: _bag(x.line.order, x.line.unit_price),
    "quantity": lambda x: x.quantity,
    "restockType": lambda x: x.restock_type,
    "restocked": lambda x: x.restocked,
    "subtotalSet": lambda x: _bag(x.line.order, x.subtotal),
    "totalTaxSet": lambda x: _bag(x.line.order, x.tax),
}

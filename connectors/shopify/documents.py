"""Every GraphQL document that the connector can send, and nothing else.

A test validates each against the vendor's schema and checks the access scopes that it
needs. Connections inside a record ask for few entries, because Shopify charges for the
largest answer that a query could have; ``REST_OF_RECORD`` fetches what did not fit.
"""

from __future__ import annotations

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title ratePercentage priceSet {_MONEY} }}"
_DISCOUNTS = f"""discountAllocations {{
    allocatedAmountSet {_MONEY}
    discountApplication {{
      ... on AutomaticDiscountApplication {{ title }}
      ... on DiscountCodeApplication {{ code }}
      ... on ManualDiscountApplication {{ title }}
      ... on ScriptDiscountApplication {{ title }}
    }}
  }}"""
_REST = "pageInfo { hasNextPage endCursor }"

_LINE = f"""
fragment Line on LineItem {{
  id title variantTitle sku quantity currentQuantity isGiftCard requiresShipping
  variant {{ id barcode }}
  product {{ id }}
  originalUnitPriceSet {_MONEY}
  {_TAXES}
  {_DISCOUNTS}
}}"""

_REFUND_LINE = """
fragment RefundedLine on RefundLineItem {
  quantity restockType lineItem { id }
}"""

_PARCEL_LINE = """
fragment ParcelLine on FulfillmentLineItem {
  quantity lineItem { id }
}"""

_PARCEL = f"""
fragment Parcel on Fulfillment {{
  id status createdAt
  trackingInfo {{ company number url }}
  fulfillmentLineItems(first: 20) {{ nodes {{ ...ParcelLine }} {_REST} }}
}}"""

_ADDRESS = """
fragment Address on MailingAddress {
  name company address1 address2 city province provinceCode zip countryCodeV2 phone
}"""

_ORDER = (
    f"""
fragment WholeOrder on Order {{
  id name createdAt processedAt updatedAt cancelledAt cancelReason
  currencyCode taxesIncluded dutiesIncluded test confirmed note email phone
  displayFinancialStatus displayFulfillmentStatus
  totalPriceSet {{
    shopMoney {{ amount currencyCode }} presentmentMoney {{ amount currencyCode }}
  }}
  totalDiscountsSet {_MONEY}
  originalTotalDutiesSet {_MONEY}
  originalTotalAdditionalFeesSet {_MONEY}
  customer {{ id displayName }}
  shippingAddress {{ ...Address }}
  billingAddress {{ ...Address }}
  lineItems(first: 20) {{ nodes {{ ...Line }} {_REST} }}
  shippingLines(first: 5) {{
    nodes {{ title originalPriceSet {_MONEY} {_TAXES} {_DISCOUNTS} }} {_REST}
  }}
  transactions {{ id kind status gateway processedAt amountSet {_MONEY} }}
  refunds {{
    id createdAt totalRefundedSet {_MONEY}
    refundLineItems(first: 20) {{ nodes {{ ...RefundedLine }} {_REST} }}
  }}
  fulfillments {{ ...Parcel }}
}}"""
    + _LINE
    + _REFUND_LINE
    + _PARCEL
    + _PARCEL_LINE
    + _ADDRESS
)

_VARIANT = """
fragment Variant on ProductVariant {
  id title sku barcode requiresComponents
  inventoryItem {
    id tracked
    inventoryLevel(locationId: $location) {
      quantities(names: ["available"]) { quantity }
    }
  }
}"""

_PRODUCT = (
    f"""
fragment WholeProduct on Product {{
  id title status updatedAt
  variants(first: 20) {{ nodes {{ ...Variant }} {_REST} }}
}}"""
    + _VARIANT
)

_FULFILLMENT_ORDER_LINE = """
fragment OpenLine on FulfillmentOrderLineItem {
  id remainingQuantity lineItem { id }
}"""

_FULFILLMENT_ORDER = f"""
fragment Work on FulfillmentOrder {{
  id status
  assignedLocation {{ name location {{ id }} }}
  lineItems(first: 20) {{ nodes {{ ...OpenLine }} {_REST} }}
}}"""

ACCOUNT = """
query Account {
  shop { id name currencyCode myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
}"""

LOCATIONS = """
query Locations {
  locations(first: 50) { nodes { id name isActive } }
}"""

ORDERS = (
    f"""
query Orders($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...WholeOrder }} {_REST}
  }}
}}"""
    + _ORDER
)

ORDERS_BY_ID = (
    """
query OrdersById($ids: [ID!]!) {
  nodes(ids: $ids) { ...WholeOrder }
}"""
    + _ORDER
)

PRODUCTS = (
    f"""
query Products(
  $first: Int!, $after: String, $query: String, $location: ID!
) {{
  products(first: $first, after: $after, query: $query, sortKey: ID) {{
    nodes {{ ...WholeProduct }} {_REST}
  }}
}}"""
    + _PRODUCT
)

PRODUCTS_BY_ID = (
    """
query ProductsById($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) { ...WholeProduct }
}"""
    + _PRODUCT
)

REST_OF_RECORD = (
    f"""
query RestOfRecord($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Order {{
      lineItems(first: 50, after: $after) {{ nodes {{ ...Line }} {_REST} }}
    }}
    ... on Refund {{
      refundLineItems(first: 100, after: $after) {{
        nodes {{ ...RefundedLine }} {_REST}
      }}
    }}
    ... on Fulfillment {{
      fulfillmentLineItems(first: 100, after: $after) {{
        nodes {{ ...ParcelLine }} {_REST}
      }}
    }}
    ... on FulfillmentOrder {{
      lineItems(first: 100, after: $after) {{ nodes {{ ...OpenLine }} {_REST} }}
    }}
  }}
}}"""
    + _LINE
    + _REFUND_LINE
    + _PARCEL_LINE
    + _FULFILLMENT_ORDER_LINE
)

REST_OF_PRODUCT = (
    f"""
query RestOfProduct($id: ID!, $after: String, $location: ID!) {{
  node(id: $id) {{
    ... on Product {{
      variants(first: 100, after: $after) {{ nodes {{ ...Variant }} {_REST} }}
    }}
  }}
}}"""
    + _VARIANT
)

REST_OF_SHIPPING = f"""
query RestOfShipping($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Order {{
      shippingLines(first: 50, after: $after) {{
        nodes {{ title originalPriceSet {_MONEY} {_TAXES} {_DISCOUNTS} }} {_REST}
      }}
    }}
  }}
}}"""

STOCK = """
query Stock($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id tracked
      inventoryLevel(locationId: $location) {
        quantities(names: ["available"]) { quantity }
      }
    }
  }
}"""

SET_STOCK = """
mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}"""

WORK_OF_ORDER = (
    f"""
query WorkOfOrder($id: ID!) {{
  order(id: $id) {{
    id cancelledAt
    fulfillments {{ ...Parcel }}
    fulfillmentOrders(first: 20) {{ nodes {{ ...Work }} {_REST} }}
  }}
}}"""
    + _PARCEL
    + _PARCEL_LINE
    + _FULFILLMENT_ORDER
    + _FULFILLMENT_ORDER_LINE
)

REST_OF_WORK = (
    f"""
query RestOfWork($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Order {{
      fulfillmentOrders(first: 20, after: $after) {{ nodes {{ ...Work }} {_REST} }}
    }}
  }}
}}"""
    + _FULFILLMENT_ORDER
    + _FULFILLMENT_ORDER_LINE
)

FULFILL = """
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}"""

CANCELLATION_OF_ORDER = """
query CancellationOfOrder($id: ID!) {
  order(id: $id) { id cancelledAt }
}"""

# Without ``refundMethod`` no money goes back: that is a decision of its own.
CANCEL = """
mutation Cancel($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!) {
  orderCancel(
    orderId: $id, reason: $reason, restock: $restock, notifyCustomer: false
  ) {
    job { id }
    orderCancelUserErrors { code field message }
  }
}"""

MONEY_OF_ORDER = """
query MoneyOfOrder($id: ID!) {
  order(id: $id) {
    id presentmentCurrencyCode
    transactions {
      id kind status gateway parentTransaction { id }
      amountSet { presentmentMoney { amount } }
    }
    refunds { id note }
  }
}"""

REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}"""

PRODUCTS_OF_VARIANTS = """
query ProductsOfVariants($ids: [ID!]!) {
  nodes(ids: $ids) { ... on ProductVariant { id product { id } } }
}"""

# Partial updates: one refused price keeps none of the others back.
SET_PRICES = """
mutation SetPrices($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(
    productId: $product, variants: $variants, allowPartialUpdates: true
  ) {
    productVariants { id price }
    userErrors { field message }
  }
}"""

SUBSCRIPTIONS = f"""
query Subscriptions($after: String) {{
  webhookSubscriptions(first: 100, after: $after) {{
    nodes {{ id topic uri }} {_REST}
  }}
}}"""

SUBSCRIBE = """
mutation Subscribe(
  $topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!
) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}"""

UNSUBSCRIBE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}"""

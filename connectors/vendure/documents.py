"""Every GraphQL document that the connector can send to Vendure's Admin API.

Each is one operation with one field at its root, so that an error without a path is
about the whole of it. ``OPERATIONS`` names them all.
"""

from __future__ import annotations

import re

_ADDRESS = """{
  fullName company streetLine1 streetLine2 city province postalCode countryCode
  phoneNumber
}"""

_ORDER = f"""
fragment OrderParts on Order {{
  id code state type active orderPlacedAt createdAt updatedAt currencyCode totalWithTax
  customer {{ id firstName lastName emailAddress phoneNumber }}
  shippingAddress {_ADDRESS}
  billingAddress {_ADDRESS}
  lines {{
    id updatedAt quantity orderPlacedQuantity unitPriceWithTax
    proratedLinePrice proratedLinePriceWithTax
    taxLines {{ description taxRate }}
    discounts {{ description amountWithTax }}
    productVariant {{ id sku name trackInventory }}
  }}
  surcharges {{ id description price priceWithTax }}
  shippingLines {{
    id discountedPrice discountedPriceWithTax
    shippingMethod {{ code name }}
  }}
  payments {{
    id state method amount createdAt updatedAt
    refunds {{
      id state total reason createdAt updatedAt
      lines {{ orderLineId quantity }}
    }}
  }}
  fulfillments {{
    id state method trackingCode createdAt updatedAt
    lines {{ orderLineId quantity }}
  }}
}}
"""

_REFUSAL = "... on ErrorResult { errorCode message }"

SIGN_IN = f"""
mutation SignIn($username: String!, $password: String!) {{
  login(username: $username, password: $password) {{
    __typename
    {_REFUSAL}
  }}
}}
"""

ME = """
query Me {
  me { id identifier channels { id code permissions } }
}
"""

CHANNEL = """
query Channel {
  activeChannel { id code defaultCurrencyCode }
}
"""

STOCK_RULES = """
query StockRules {
  globalSettings { trackInventory outOfStockThreshold }
}
"""

LOCATIONS = """
query Locations {
  stockLocations(options: { take: 100 }) { items { id name } }
}
"""

HANDLERS = """
query Handlers {
  fulfillmentHandlers { code }
}
"""

ORDERS = f"""
query Orders($options: OrderListOptions) {{
  orders(options: $options) {{ items {{ ...OrderParts }} }}
}}
{_ORDER}
"""

ORDER = f"""
query Order($id: ID!) {{
  order(id: $id) {{ ...OrderParts }}
}}
{_ORDER}
"""

VARIANTS = """
query Variants($options: ProductVariantListOptions) {
  productVariants(options: $options) {
    items {
      id sku name enabled trackInventory createdAt updatedAt
      prices { currencyCode price }
      stockLevels { stockLocationId stockOnHand stockAllocated }
      product { id name enabled }
    }
  }
}
"""

WRITE_VARIANTS = """
mutation WriteVariants($input: [UpdateProductVariantInput!]!) {
  updateProductVariants(input: $input) { id }
}
"""

FULFILL = f"""
mutation Fulfill($input: FulfillOrderInput!) {{
  addFulfillmentToOrder(input: $input) {{
    __typename
    ... on Fulfillment {{ id state }}
    {_REFUSAL}
  }}
}}
"""

SEND_OFF = f"""
mutation SendOff($id: ID!, $state: String!) {{
  transitionFulfillmentToState(id: $id, state: $state) {{
    __typename
    ... on Fulfillment {{ id state }}
    {_REFUSAL}
  }}
}}
"""

CANCEL = f"""
mutation Cancel($input: CancelOrderInput!) {{
  cancelOrder(input: $input) {{
    __typename
    ... on Order {{ id state }}
    {_REFUSAL}
  }}
}}
"""

REFUND = f"""
mutation Refund($input: RefundOrderInput!) {{
  refundOrder(input: $input) {{
    __typename
    ... on Refund {{ id state }}
    {_REFUSAL}
  }}
}}
"""

DOCUMENTS = (
    SIGN_IN,
    ME,
    CHANNEL,
    STOCK_RULES,
    LOCATIONS,
    HANDLERS,
    ORDERS,
    ORDER,
    VARIANTS,
    WRITE_VARIANTS,
    FULFILL,
    SEND_OFF,
    CANCEL,
    REFUND,
)


def name_operation(document: str) -> str:
    """Return what a document does in Vendure's words, such as ``query orders``."""
    found = re.search(r"(query|mutation)[^{]*\{\s*(\w+)", document)
    return f"{found[1]} {found[2]}" if found else ""


OPERATIONS = tuple(name_operation(document) for document in DOCUMENTS)
"""Every operation that this connector can send."""

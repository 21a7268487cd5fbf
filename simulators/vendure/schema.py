"""The part of Vendure's Admin schema that is simulated, and running documents on it.

Types, fields and arguments are named as Vendure names them; a test holds every one of
them against Vendure's own schema.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

_SDL = """
scalar DateTime
scalar Money
enum CurrencyCode { EUR USD JPY KWD GBP }
enum GlobalFlag { TRUE FALSE INHERIT }
enum SortOrder { ASC DESC }
enum OrderType { Regular Seller Aggregate }

interface ErrorResult { errorCode: ErrorCode! message: String! }
enum ErrorCode {
  EMPTY_ORDER_LINE_SELECTION_ERROR
  FULFILLMENT_STATE_TRANSITION_ERROR
  INSUFFICIENT_STOCK_ON_HAND_ERROR
  INVALID_CREDENTIALS_ERROR
  INVALID_FULFILLMENT_HANDLER_ERROR
  ITEMS_ALREADY_FULFILLED_ERROR
  NOTHING_TO_REFUND_ERROR
  REFUND_AMOUNT_ERROR
  REFUND_ORDER_STATE_ERROR
}
type EmptyOrderLineSelectionError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type FulfillmentStateTransitionError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type InsufficientStockOnHandError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type InvalidCredentialsError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type InvalidFulfillmentHandlerError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type ItemsAlreadyFulfilledError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type NothingToRefundError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type RefundAmountError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
type RefundOrderStateError implements ErrorResult {
  errorCode: ErrorCode! message: String!
}
union NativeAuthenticationResult = CurrentUser | InvalidCredentialsError
union AddFulfillmentToOrderResult = Fulfillment | EmptyOrderLineSelectionError
  | ItemsAlreadyFulfilledError | InsufficientStockOnHandError
  | InvalidFulfillmentHandlerError
union TransitionFulfillmentToStateResult = Fulfillment
  | FulfillmentStateTransitionError
union CancelOrderResult = Order | EmptyOrderLineSelectionError
union RefundOrderResult = Refund | NothingToRefundError | RefundAmountError
  | RefundOrderStateError

type Query {
  me: CurrentUser
  activeChannel: Channel!
  globalSettings: GlobalSettings!
  stockLocations(options: StockLocationListOptions): StockLocationList!
  fulfillmentHandlers: [ConfigurableOperationDefinition!]!
  order(id: ID!): Order
  orders(options: OrderListOptions): OrderList!
  productVariants(options: ProductVariantListOptions): ProductVariantList!
}
type Mutation {
  login(username: String!, password: String!): NativeAuthenticationResult!
  updateProductVariants(input: [UpdateProductVariantInput!]!): [ProductVariant]!
  addFulfillmentToOrder(input: FulfillOrderInput!): AddFulfillmentToOrderResult!
  transitionFulfillmentToState(id: ID!, state: String!):
    TransitionFulfillmentToStateResult!
  cancelOrder(input: CancelOrderInput!): CancelOrderResult!
  refundOrder(input: RefundOrderInput!): RefundOrderResult!
}

type CurrentUser { id: ID! identifier: String! channels: [CurrentUserChannel!]! }
type CurrentUserChannel { id: ID! code: String! permissions: [Permission!]! }
enum Permission {
  Authenticated SuperAdmin ReadOrder UpdateOrder ReadProduct UpdateProduct ReadCatalog
  UpdateCatalog ReadStockLocation
}
type Channel { id: ID! code: String! defaultCurrencyCode: CurrencyCode! }
type GlobalSettings { trackInventory: Boolean! outOfStockThreshold: Int! }
input StockLocationListOptions { take: Int }
type StockLocationList { items: [StockLocation!]! }
type StockLocation { id: ID! name: String! }
type ConfigurableOperationDefinition { code: String! }

input IDOperators { eq: String in: [String!] }
input DateOperators { after: DateTime before: DateTime isNull: Boolean }
input StringOperators {
  eq: String notEq: String in: [String!] notIn: [String!]
}
input BooleanOperators { eq: Boolean }
input OrderFilterParameter {
  id: IDOperators
  active: BooleanOperators
  type: StringOperators
  state: StringOperators
  orderPlacedAt: DateOperators
  updatedAt: DateOperators
  _or: [OrderFilterParameter!]
}
input OrderSortParameter {
  id: SortOrder orderPlacedAt: SortOrder updatedAt: SortOrder
}
input OrderListOptions {
  skip: Int take: Int sort: OrderSortParameter filter: OrderFilterParameter
}
input ProductVariantFilterParameter { id: IDOperators }
input ProductVariantSortParameter { id: SortOrder }
input ProductVariantListOptions {
  skip: Int
  take: Int
  sort: ProductVariantSortParameter
  filter: ProductVariantFilterParameter
}

type OrderList { items: [Order!]! totalItems: Int! }
type Order {
  id: ID!
  code: String!
  state: String!
  type: OrderType!
  active: Boolean!
  orderPlacedAt: DateTime
  createdAt: DateTime!
  updatedAt: DateTime!
  currencyCode: CurrencyCode!
  totalWithTax: Money!
  customer: Customer
  shippingAddress: OrderAddress
  billingAddress: OrderAddress
  lines: [OrderLine!]!
  surcharges: [Surcharge!]!
  shippingLines: [ShippingLine!]!
  payments: [Payment!]
  fulfillments: [Fulfillment!]
}
type Customer {
  id: ID! firstName: String! lastName: String! emailAddress: String!
  phoneNumber: String
}
type OrderAddress {
  fullName: String company: String streetLine1: String streetLine2: String
  city: String province: String postalCode: String countryCode: String
  phoneNumber: String
}
type OrderLine {
  id: ID!
  updatedAt: DateTime!
  quantity: Int!
  orderPlacedQuantity: Int!
  unitPriceWithTax: Money!
  proratedLinePrice: Money!
  proratedLinePriceWithTax: Money!
  taxLines: [TaxLine!]!
  discounts: [Discount!]!
  productVariant: ProductVariant!
}
type TaxLine { description: String! taxRate: Float! }
type Discount { description: String! amountWithTax: Money! }
type Surcharge {
  id: ID! description: String! price: Money! priceWithTax: Money!
}
type ShippingLine {
  id: ID! discountedPrice: Money! discountedPriceWithTax: Money!
  shippingMethod: ShippingMethod!
}
type ShippingMethod { code: String! name: String! }
type Payment {
  id: ID! state: String! method: String! amount: Money!
  createdAt: DateTime! updatedAt: DateTime! refunds: [Refund!]!
}
type Refund {
  id: ID! state: String! total: Money! reason: String
  createdAt: DateTime! updatedAt: DateTime! lines: [RefundLine!]!
}
type RefundLine { orderLineId: ID! quantity: Int! }
type Fulfillment {
  id: ID! state: String! method: String! trackingCode: String
  createdAt: DateTime! updatedAt: DateTime! lines: [FulfillmentLine!]!
}
type FulfillmentLine { orderLineId: ID! quantity: Int! }
type ProductVariantList { items: [ProductVariant!]! totalItems: Int! }
type ProductVariant {
  id: ID!
  sku: String!
  name: String!
  enabled: Boolean!
  trackInventory: GlobalFlag!
  createdAt: DateTime!
  updatedAt: DateTime!
  prices: [ProductVariantPrice!]!
  stockLevels: [StockLevel!]!
  product: Product!
}
type ProductVariantPrice { currencyCode: CurrencyCode! price: Money! }
type StockLevel {
  stockLocationId: ID! stockOnHand: Int! stockAllocated: Int!
}
type Product { id: ID! name: String! enabled: Boolean! }

input StockLevelInput { stockLocationId: ID! stockOnHand: Int! }
input UpdateProductVariantPriceInput { currencyCode: CurrencyCode! price: Money! }
input UpdateProductVariantInput {
  id: ID!
  prices: [UpdateProductVariantPriceInput!]
  stockLevels: [StockLevelInput!]
}
input OrderLineInput { orderLineId: ID! quantity: Int! }
input ConfigArgInput { name: String! value: String! }
input ConfigurableOperationInput { code: String! arguments: [ConfigArgInput!]! }
input FulfillOrderInput {
  lines: [OrderLineInput!]! handler: ConfigurableOperationInput!
}
input CancelOrderInput { orderId: ID! cancelShipping: Boolean reason: String }
input RefundOrderInput {
  lines: [OrderLineInput!]
  shipping: Money
  adjustment: Money
  amount: Money
  paymentId: ID!
  reason: String
}
"""


class RefusalError(GraphQLError):
    """What Vendure says with ``errors``: a message and a code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


@cache
def load_schema() -> GraphQLSchema:
    """Return the simulated part of the schema."""
    return build_schema(_SDL)


@cache
def prepare(text: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    """Return a parsed document, and what is wrong with it.

    Raises:
        GraphQLError: it is not GraphQL.
    """
    document = parse(text)
    return document, tuple(validate(load_schema(), document))


def name_root_fields(text: str) -> list[str]:
    """Return what a document asks for at its root; empty where it is not GraphQL."""
    try:
        document, _ = prepare(text)
    except GraphQLError:
        return []
    return [
        getattr(field, "name").value  # noqa: B009 - only fields have one
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
        for field in one.selection_set.selections
        if hasattr(field, "name")
    ]


def run(
    text: str, variables: dict[str, Any], roots: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that a document is answered with.

    Raises:
        Exception: the simulator itself is broken; a client must not mistake that for
            an answer of Vendure's.
    """
    try:
        document, problems = prepare(text)
    except GraphQLError as error:
        return 400, {"errors": [_formatted(error, "GRAPHQL_PARSE_FAILED")]}
    if problems:
        code = "GRAPHQL_VALIDATION_FAILED"
        return 400, {"errors": [_formatted(one, code) for one in problems]}
    result = execute_sync(load_schema(), document, roots, variable_values=variables)
    if not result.errors:
        return 200, {"data": result.data}
    for problem in result.errors:
        cause = problem.original_error
        if cause is not None and not isinstance(cause, GraphQLError):
            raise cause
    told = [_formatted(one, "BAD_USER_INPUT") for one in result.errors]
    return 200, {"errors": told, "data": result.data}


def _formatted(error: GraphQLError, otherwise: str) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    if isinstance(cause, GraphQLError):
        told["extensions"] = cause.extensions
    if not told.get("extensions"):
        told["extensions"] = {"code": otherwise}
    return told

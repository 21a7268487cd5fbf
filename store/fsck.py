"""Every promise of the tables, asked of the database: what does not hold, and where.

Each rule is one query over whole tables that returns what breaks it, so a hub with a
hundred thousand orders is checked in seconds. Nothing is repaired here: a violation is
a defect or a damaged file, and a person looks at it.

The rules hold between transactions. What is still being worked on is excused only
where a mark says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from ..canonical.conflicts import ConflictKind
from ..canonical.pages import Stream
from .marks import MarkKind

INTEGRITY = "file_is_intact"
"""The rule that only SQLite's own check of its file can answer."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise that does not hold: which, for what, and the figures."""

    rule: str
    subject: str
    message: str


_WAITING_KINDS = ", ".join(
    f"'{kind}'"
    for kind in (
        ConflictKind.UNMAPPED_SKU,
        ConflictKind.AMBIGUOUS_SKU,
        ConflictKind.DUPLICATE_SKU,
    )
)

_STOCK_RULES = {
    "positions_are_the_sum_of_their_movements": """
        SELECT sku || ' @ ' || location,
            'on hand ' || sum(on_hand) || ' and allocated ' || sum(allocated)
            || ', but its movements add up to ' || sum(on_hand_change)
            || ' and ' || sum(allocated_change)
        FROM (
            SELECT sku, location, on_hand, allocated,
                0 AS on_hand_change, 0 AS allocated_change FROM positions
            UNION ALL
            SELECT sku, location, 0, 0, on_hand_change, allocated_change FROM movements
        ) AS sides
        GROUP BY sku, location
        HAVING sum(on_hand) <> sum(on_hand_change)
            OR sum(allocated) <> sum(allocated_change)""",
    "allocated_is_what_lines_hold": """
        SELECT sku || ' @ ' || location,
            'allocated ' || sum(allocated) || ', but its lines hold ' || sum(held)
        FROM (
            SELECT sku, location, allocated, 0 AS held FROM positions
            UNION ALL
            SELECT sku, location, 0, allocated FROM allocations
        ) AS sides
        GROUP BY sku, location
        HAVING sum(allocated) <> sum(held)""",
    "allocated_is_on_hand": """
        SELECT sku || ' @ ' || location,
            'allocated ' || allocated || ' and reserved ' || reserved || ' of '
            || on_hand || ' on hand'
        FROM positions
        WHERE allocated < 0 OR reserved < 0
            OR (allocated + reserved > 0 AND allocated + reserved > on_hand)""",
    "claims_stay_within_what_is_wanted": """
        SELECT 'line ' || line_id || ', ' || sku || ' @ ' || location,
            'allocated ' || allocated || ' and shipped ' || shipped || ' of '
            || wanted || ' wanted'
        FROM allocations
        WHERE units_per_line <= 0 OR allocated < 0 OR shipped < 0
            OR allocated + shipped > wanted""",
    "claims_want_what_their_line_wants": """
        SELECT 'line ' || a.line_id || ', ' || a.sku,
            'its claims want ' || sum(a.wanted) || ', the line '
            || max(l.wanted * a.units_per_line) || ' with ' || sum(a.shipped)
            || ' shipped'
        FROM allocations a
        JOIN order_lines l ON l.id = a.line_id
        JOIN orders o ON o.id = l.order_id
        WHERE o.moves_stock
        GROUP BY a.line_id, a.sku
        HAVING sum(a.wanted) <> CASE
            WHEN max(l.wanted * a.units_per_line) > sum(a.shipped)
            THEN max(l.wanted * a.units_per_line) ELSE sum(a.shipped) END""",
    "lines_wait_at_one_home": """
        SELECT 'line ' || line_id || ', ' || sku,
            sum(CASE WHEN routed = '' THEN 1 ELSE 0 END) || ' home claims, and '
            || sum(CASE WHEN routed <> '' THEN wanted - allocated - shipped ELSE 0 END)
            || ' units are waited for elsewhere'
        FROM allocations
        GROUP BY line_id, sku
        HAVING sum(CASE WHEN routed = '' THEN 1 ELSE 0 END) <> 1
            OR sum(CASE WHEN routed <> '' AND wanted <> allocated + shipped
                THEN 1 ELSE 0 END) > 0""",
    "goods_in_transit_are_those_of_transfers": """
        SELECT sku, 'in transit ' || sum(on_hand) || ' with ' || sum(allocated)
            || ' allocated, but transfers carry ' || sum(carried)
        FROM (
            SELECT p.sku, p.on_hand, p.allocated, 0 AS carried
            FROM positions p JOIN locations l ON l.name = p.location
            WHERE l.kind = 'in_transit'
            UNION ALL
            SELECT sku, 0, 0, units - received - lost FROM transfers
        ) AS sides
        GROUP BY sku
        HAVING sum(on_hand) <> sum(carried) OR sum(allocated) <> 0""",
    "lines_wait_only_while_there_is_no_stock": f"""
        SELECT DISTINCT p.sku || ' @ ' || p.location,
            'line ' || a.line_id || ' waits for '
            || (a.wanted - a.allocated - a.shipped) || ' while '
            || (p.on_hand - p.allocated - p.reserved) || ' are available'
        FROM allocations a
        JOIN order_lines l ON l.id = a.line_id
        JOIN orders o ON o.id = l.order_id
        JOIN positions p ON p.sku = a.sku
        LEFT JOIN locations place ON place.name = p.location
        WHERE a.allocated + a.shipped < a.wanted
            AND p.on_hand - p.allocated - p.reserved > 0
            -- The settings' default location need not be written down.
            AND (place.name IS NULL OR place.sells)
            AND (NOT EXISTS (
                    SELECT 1 FROM channel_locations c WHERE c.channel = o.channel)
                OR EXISTS (
                    SELECT 1 FROM channel_locations c
                    WHERE c.channel = o.channel AND c.location = p.location))
            AND NOT EXISTS (
                SELECT 1 FROM marks m
                WHERE m.kind = '{MarkKind.RECONCILE}' AND m.key = p.sku)""",
}

_ORDER_RULES = {
    "shipped_is_what_parcels_carry": """
        SELECT 'line ' || l.id,
            'shipped ' || l.shipped || ' with ' || l.returned
            || ' returned, but its parcels carry ' || coalesce(sent.units, 0)
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN (
            SELECT fl.line_id, sum(fl.quantity) AS units
            FROM fulfillment_lines fl
            JOIN fulfillments f ON f.id = fl.fulfillment_id
            WHERE NOT f.cancelled GROUP BY fl.line_id
        ) AS sent ON sent.line_id = l.id
        WHERE o.moves_stock AND (
            l.shipped < coalesce(sent.units, 0)
            -- A parcel that is cancelled after a return leaves the return shipped.
            OR l.shipped > coalesce(sent.units, 0) + l.returned)""",
    "lines_claim_stock_once_they_are_mapped": """
        SELECT 'line ' || l.id,
            'the line is ' || l.state || CASE WHEN l.state = 'mapped'
            THEN ' and claims nothing' ELSE ' and claims stock' END
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        WHERE o.moves_stock AND (
            (l.state = 'mapped' AND NOT EXISTS (
                SELECT 1 FROM allocations a WHERE a.line_id = l.id))
            OR (l.state = 'parked' AND EXISTS (
                SELECT 1 FROM allocations a WHERE a.line_id = l.id)))""",
    "parked_lines_have_an_open_conflict": f"""
        SELECT DISTINCT parked.subject, 'lines wait, and no open conflict says why'
        FROM (
            SELECT o.channel || CASE WHEN l.listing_external_id <> ''
                THEN '/listing/' || l.listing_external_id
                ELSE '/sku/' || l.sku END AS subject
            FROM order_lines l
            JOIN orders o ON o.id = l.order_id
            WHERE l.state = 'parked' AND l.wanted > 0 AND o.moves_stock
        ) AS parked
        WHERE NOT EXISTS (
            SELECT 1 FROM conflicts c
            WHERE c.kind IN ({_WAITING_KINDS})
                AND c.subject = parked.subject AND c.status = 'open')""",
    "orders_come_from_an_applied_record": f"""
        SELECT o.channel || '/' || o.external_id,
            'its record ' || o.inbox_id || ' is '
            || coalesce(i.outcome || ' (' || i.external_id || ')', 'missing')
        FROM orders o LEFT JOIN inbox i ON i.id = o.inbox_id
        WHERE i.id IS NULL OR i.outcome <> 'applied' OR i.channel <> o.channel
            OR i.external_id <> o.external_id OR i.stream <> '{Stream.ORDERS}'""",
}

_INTAKE_RULES = {
    "received_is_the_sum_of_outcomes": """
        SELECT channel || '/' || stream,
            'received ' || received || ', but ' || applied || ' applied, ' || duplicate
            || ' duplicate, ' || superseded || ' superseded, ' || quarantined
            || ' quarantined'
        FROM intake
        WHERE received <> applied + duplicate + superseded + quarantined""",
    "the_balance_counts_the_inbox": """
        SELECT channel || '/' || stream,
            'the balance says ' || sum(applied) || ' applied, ' || sum(superseded)
            || ' superseded, ' || sum(quarantined) || ' quarantined; the inbox holds '
            || sum(rows_applied) || ', ' || sum(rows_superseded) || ', '
            || sum(rows_quarantined)
        FROM (
            SELECT channel, stream, applied, superseded, quarantined,
                0 AS rows_applied, 0 AS rows_superseded, 0 AS rows_quarantined
            FROM intake
            UNION ALL
            SELECT channel, stream, 0, 0, 0,
                CASE WHEN outcome = 'applied' THEN 1 ELSE 0 END,
                CASE WHEN outcome = 'superseded' THEN 1 ELSE 0 END,
                CASE WHEN outcome = 'quarantined' THEN 1 ELSE 0 END
            FROM inbox
        ) AS sides
        GROUP BY channel, stream
        HAVING sum(applied) <> sum(rows_applied)
            OR sum(superseded) <> sum(rows_superseded)
            OR sum(quarantined) <> sum(rows_quarantined)""",
    "applied_records_are_orders": f"""
        SELECT i.channel || '/' || i.external_id,
            'record ' || i.id || ' counts as applied, and there is no such order'
        FROM inbox i
        WHERE i.outcome = 'applied' AND i.stream = '{Stream.ORDERS}' AND NOT EXISTS (
            SELECT 1 FROM orders o
            WHERE o.channel = i.channel AND o.external_id = i.external_id)""",
    "quarantined_records_have_an_open_conflict": f"""
        SELECT DISTINCT i.channel || '/' || i.stream || '/' || i.external_id,
            'a record is quarantined, and no open conflict says why'
        FROM inbox i
        WHERE i.outcome = 'quarantined' AND NOT EXISTS (
            SELECT 1 FROM conflicts c
            WHERE c.kind = '{ConflictKind.UNREADABLE_RECORD}' AND c.status = 'open'
                AND c.subject =
                    i.channel || '/' || i.stream || '/' || i.external_id)""",
}

_CHANNEL_RULES = {
    "one_conflict_is_open_per_cause": """
        SELECT subject, count(*) || ' open conflicts of kind ' || kind
        FROM conflicts WHERE status = 'open'
        GROUP BY kind, subject HAVING count(*) > 1""",
    "finished_writes_have_an_outcome": """
        SELECT channel || '/' || kind || '/' || subject,
            'write ' || id || ' is done and its outcome is unknown'
        FROM outbox
        WHERE status = 'done' AND (
            outcome IS NULL OR outcome = 'unknown' OR finished_at IS NULL)""",
    "mapped_listings_are_published": f"""
        SELECT l.channel || '/' || l.external_id,
            'the listing is mapped and nothing is published for it'
        FROM listings l
        WHERE l.mapping = 'mapped' AND l.tracked AND l.state <> 'deleted'
            AND NOT EXISTS (
                SELECT 1 FROM publications p WHERE p.channel = l.channel
                    AND p.stock_external_id = l.stock_external_id)
            AND NOT EXISTS (
                SELECT 1 FROM components k
                JOIN marks m ON m.kind = '{MarkKind.RECONCILE}' AND m.key = k.sku
                WHERE k.listing_id = l.id)""",
}

_NEEDS = """
    SELECT q.channel, q.stock_external_id, q.state, q.granted, k.sku,
        max(k.units) AS units
    FROM quotas q
    JOIN listings l ON l.channel = q.channel
        AND l.stock_external_id = q.stock_external_id
    JOIN components k ON k.listing_id = l.id
    GROUP BY q.channel, q.stock_external_id, q.state, q.granted, k.sku"""
"""What each record in escrow holds, by SKU."""

_QUOTA_RULES = {
    "quotas_are_of_units_that_exist": f"""
        SELECT held.sku,
            'quotas hold ' || held.units || ' of ' || coalesce(p.free, 0)
            || ' that are available'
        FROM (
            SELECT sku, sum(granted * units) AS units,
                sum(CASE WHEN state = 'closing' THEN 1 ELSE 0 END) AS closing
            FROM ({_NEEDS}) AS needs GROUP BY sku
        ) AS held
        JOIN skus s ON s.sku = held.sku
        LEFT JOIN (
            SELECT sku, sum(CASE WHEN on_hand > allocated + reserved
                THEN on_hand - allocated - reserved ELSE 0 END) AS free
            FROM positions GROUP BY sku
        ) AS p ON p.sku = held.sku
        WHERE held.closing = 0
            AND held.units > coalesce(p.free, 0) + s.backorder_units + s.preorder_units
            AND NOT EXISTS (
                SELECT 1 FROM marks m
                WHERE m.kind = '{MarkKind.RECONCILE}' AND m.key = held.sku)""",
    "records_in_escrow_show_their_quota_at_most": f"""
        SELECT q.channel || '/' || q.stock_external_id,
            'the record is to show ' || p.desired || ' of a quota of ' || q.granted
            || ', which is ' || q.state
        FROM quotas q
        JOIN publications p ON p.channel = q.channel
            AND p.stock_external_id = q.stock_external_id
        WHERE p.desired > CASE WHEN q.state = 'open' THEN q.granted ELSE 0 END
            AND EXISTS (
                SELECT 1 FROM listings l WHERE l.channel = q.channel
                    AND l.stock_external_id = q.stock_external_id
                    AND l.state <> 'deleted')
            AND NOT EXISTS (
                SELECT 1 FROM listings l
                JOIN components k ON k.listing_id = l.id
                JOIN marks m ON m.kind = '{MarkKind.RECONCILE}' AND m.key = k.sku
                WHERE l.channel = q.channel
                    AND l.stock_external_id = q.stock_external_id)""",
}

RULES: dict[str, str] = (
    _STOCK_RULES | _ORDER_RULES | _INTAKE_RULES | _CHANNEL_RULES | _QUOTA_RULES
)
"""By rule: a query for (subject, message) of what breaks it; both databases read it."""


def check(connection: Connection) -> list[Violation]:
    """Return every violation of the hub's promises; an empty list is the good news.

    Args:
        connection: one consistent state of a database of this version's schema.
    """
    found = find_damage(connection)
    if connection.dialect.name == "sqlite":
        found += _find_orphans(connection)
    for rule, query in RULES.items():
        rows = connection.execute(text(query))
        found += [Violation(rule, subject, message) for subject, message in rows]
    return found


def find_damage(connection: Connection) -> list[Violation]:
    """Return what SQLite finds wrong with its file; PostgreSQL offers no such look.

    Works on a database of any schema.
    """
    if connection.dialect.name != "sqlite":
        return []
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [Violation(INTEGRITY, "database", line) for line in said if line != "ok"]


def _find_orphans(connection: Connection) -> list[Violation]:
    """SQLite enforces foreign keys per connection; PostgreSQL always does."""
    found = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return [
        Violation(
            "rows_refer_to_rows_that_exist",
            f"{table} row {row_id}",
            f"it names a row of {parent} that does not exist",
        )
        for table, row_id, parent, _ in found
    ]

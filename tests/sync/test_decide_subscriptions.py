"""Which webhook subscriptions to begin and which to end."""

from __future__ import annotations

from crossdock.canonical.pushes import Subscription
from crossdock.sync.decide.subscriptions import plan_subscriptions
from hypothesis import given
from hypothesis import strategies as st

PATH = "hook-7f"
URL = f"https://hub.example/webhooks/{PATH}"
OLD_URL = f"https://old.example/webhooks/{PATH}"
TOPICS = ("orders/create", "orders/updated")


def subscribed(
    external_id: str, topic: str = TOPICS[0], url: str = URL, *, active: bool = True
) -> Subscription:
    return Subscription(external_id, topic, url, active)


existing = st.lists(
    st.builds(
        Subscription,
        st.uuids().map(str),
        st.sampled_from([*TOPICS, "products/update"]),
        st.sampled_from([URL, OLD_URL, "https://else.example/webhooks/other"]),
        st.booleans(),
    ),
    max_size=8,
)


@given(existing)
def test_after_the_plan_every_topic_has_exactly_one_living_subscription(
    before: list[Subscription],
) -> None:
    plan = plan_subscriptions(TOPICS, before, URL, PATH)
    kept = [one for one in before if one.external_id not in plan.end]
    ours = [one for one in kept if PATH in one.callback_url]
    assert sorted([one.topic for one in ours] + list(plan.begin)) == sorted(TOPICS)
    assert all(one.active and one.callback_url == URL for one in ours)


@given(existing)
def test_subscriptions_of_others_are_left_alone(before: list[Subscription]) -> None:
    plan = plan_subscriptions(TOPICS, before, URL, PATH)
    others = {one.external_id for one in before if PATH not in one.callback_url}
    assert not others & set(plan.end)


def test_a_second_subscription_to_a_topic_is_ended() -> None:
    plan = plan_subscriptions(TOPICS[:1], [subscribed("1"), subscribed("2")], URL, PATH)
    assert (plan.begin, plan.end) == ((), ("2",))


def test_a_sleeping_or_moved_subscription_is_replaced() -> None:
    before = [
        subscribed("1", active=False),
        subscribed("2", TOPICS[1], OLD_URL),
    ]
    plan = plan_subscriptions(TOPICS, before, URL, PATH)
    assert (plan.begin, plan.end) == (TOPICS, ("1", "2"))

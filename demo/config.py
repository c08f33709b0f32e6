"""Everything one may want to turn: the calendar, the experiments, the behaviour, the faults."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Durations in milliseconds, the unit of every time in this package."""


def utc(text: str) -> int:
    """Read an ISO date or timestamp as UTC.

    Args:
        text: For example ``2026-09-07`` or ``2026-09-07 12:00:00``.

    Returns:
        Milliseconds since 1970-01-01 UTC.

    Raises:
        ValueError: If the text is no ISO timestamp.
    """
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


START = utc("2026-09-07")
END = utc("2026-11-02")
"""Every event happens at START <= time < END: eight weeks."""


def snake_case(name: str) -> str:
    """Name a column or table as Segment does.

    Args:
        name: Event, property or trait as the sender wrote it.

    Returns:
        The name in the warehouse.
    """
    return "_".join(re.findall(r"[A-Z0-9]+[a-z0-9]*|[a-z0-9]+", name)).lower()


@dataclass(frozen=True)
class Experiment:
    """One experiment and what its variants truly do.

    Attributes:
        id: Experiment id as the sender writes it.
        variants: Variant names; the first is the control.
        start: First assignment at or after this, ms since 1970 UTC.
        end: Last assignment before this; `END` while the experiment runs.
        share: Share of the people who are eligible (0 to 1).
        page: Path of the page that shows it.
        table: Raw table its exposures land in.
        visit: Probability that a session of an eligible person reaches the page.
        audience: Experiments of the same audience have the same eligible people.
        new_people_only: Customers from before the eight weeks never see it.
        fires_again: The exposure is sent again on later page views, each with its own id.
        lost: Share of each variant's people whose exposures never arrive.
        sign_up_base: Extra probability to sign up after assignment, in every variant.
        sign_up_lift: Extra probability to sign up after assignment, per variant.
        order_lift: Extra orders per person after assignment, per variant (Poisson mean).
        feature_lift: Feature uses in the session of assignment, per variant (Poisson mean).
        registered: Listed in seeds/experiments.csv.
        primary_metric: For the registry.
        goal_metrics: For the registry; may be empty, like the others for the registry.
        guardrail_metrics: For the registry.
        minimum_days: For the registry.
        target_effect: For the registry.
        planned_end: For the registry, a date.
        decision_rule: For the registry.
        decision: For the registry.
        decided_at: For the registry, a date.
        owner: Team name.
        hypothesis: One sentence.
        story: What a correct analysis finds, in words.
    """

    id: str
    variants: tuple[str, ...]
    start: int
    end: int
    share: float
    page: str
    table: str = "experiment_viewed"
    visit: float = 0.8
    audience: str = ""
    new_people_only: bool = False
    fires_again: float = 0.0
    lost: tuple[float, ...] = ()
    sign_up_base: float = 0.0
    sign_up_lift: tuple[float, ...] = ()
    order_lift: tuple[float, ...] = ()
    feature_lift: tuple[float, ...] = ()
    registered: bool = True
    primary_metric: str = ""
    goal_metrics: str = ""
    guardrail_metrics: str = ""
    minimum_days: str = ""
    target_effect: str = ""
    planned_end: str = ""
    decision_rule: str = ""
    decision: str = ""
    decided_at: str = ""
    owner: str = ""
    hypothesis: str = ""
    story: str = ""

    @property
    def is_concluded(self) -> bool:
        """Whether it ended within the eight weeks."""
        return self.end < END

    @property
    def trait_column(self) -> str:
        """Column that the namespaced identify trait of this experiment lands in."""
        return "experiments_" + snake_case(self.id)


EXPERIMENTS = (
    Experiment(
        id="homepage-hero-headline-2026-09",
        variants=("control", "short-headline", "video-hero"),
        start=START,
        end=utc("2026-10-19"),
        share=0.97,
        page="/",
        visit=0.95,
        sign_up_lift=(0.0, 0.12, 0.0),
        primary_metric="signup_conversion",
        guardrail_metrics="order_conversion:0.25",
        planned_end="2026-10-18",
        decision="short-headline",
        decided_at="2026-10-21",
        owner="growth",
        hypothesis="A headline of five words makes more visitors sign up",
        story="short-headline wins on sign-ups; video-hero does nothing",
    ),
    Experiment(
        id="checkout-form-one-page-2026-09",
        variants=("control", "one-page"),
        start=utc("2026-09-10"),
        end=utc("2026-10-08"),
        share=0.16,
        page="/checkout",
        primary_metric="order_conversion",
        minimum_days="14",
        decision_rule="do_no_harm",
        decision="none",
        decided_at="2026-10-12",
        owner="checkout",
        hypothesis="One page instead of three loses fewer buyers",
        story="no effect on anything",
    ),
    Experiment(
        id="pricing-page-annual-toggle-2026-10",
        variants=("control", "annual-first"),
        start=utc("2026-10-01"),
        end=END,
        share=0.5,
        page="/pricing",
        order_lift=(0.0, 0.45),
        primary_metric="revenue_per_user",
        goal_metrics="revenue_per_user, order_conversion",
        target_effect="0.1",
        planned_end="2026-11-30",
        owner="monetization",
        hypothesis="Showing the annual price first raises revenue",
        story="annual-first wins on orders and revenue",
    ),
    Experiment(
        id="signup-form-social-login-2026-10",
        variants=("control", "social-login"),
        start=utc("2026-10-05"),
        end=END,
        share=0.75,
        page="/signup",
        lost=(0.0, 0.3),
        sign_up_base=0.15,
        primary_metric="signup_conversion",
        owner="growth",
        hypothesis="Signing up with an existing account is easier",
        story="sample ratio mismatch: a redirect loses exposures of social-login; no true effect",
    ),
    Experiment(
        id="onboarding-flow-guided-tour-2026-09",
        variants=("control", "guided-tour"),
        start=utc("2026-09-21"),
        end=utc("2026-10-19"),
        share=0.27,
        page="/welcome",
        new_people_only=True,
        fires_again=0.4,
        feature_lift=(0.4, 1.3),
        primary_metric="feature_use_per_user",
        guardrail_metrics="signup_conversion:0.1",
        planned_end="2026-10-18",
        owner="product",
        hypothesis="A tour shows newcomers what they can do",
        story="more feature use in the first session only; later sessions and retention unchanged",
    ),
    Experiment(
        id="search-results-ranking-2026-10",
        variants=("0", "1"),
        start=utc("2026-10-01"),
        end=END,
        share=0.2,
        page="/search",
        table="ab_test_assigned",
        story="no effect on anything; variants are numbers",
    ),
    Experiment(
        id="cart-banner-free-shipping-2026-10",
        variants=("control", "banner"),
        start=utc("2026-10-05"),
        end=END,
        share=0.3,
        page="/cart",
        audience="cart",
        fires_again=0.15,
        order_lift=(0.0, 0.03),
        primary_metric="orders_per_user",
        guardrail_metrics="average_order_value:0.1",
        target_effect="0.2",
        planned_end="2026-11-16",
        owner="checkout",
        hypothesis="Saying that shipping is free makes more people buy",
        story="little alone; with the upsell of cart-summary-upsell-2026-10 many more orders",
    ),
    Experiment(
        id="cart-summary-upsell-2026-10",
        variants=("control", "upsell"),
        start=utc("2026-10-05"),
        end=END,
        share=0.3,
        page="/cart",
        audience="cart",
        order_lift=(0.0, 0.03),
        primary_metric="orders_per_user",
        guardrail_metrics="average_order_value:0.1",
        planned_end="2026-10-31",
        owner="checkout",
        hypothesis="A suggestion beside the total is bought along",
        story="little alone; with the banner of cart-banner-free-shipping-2026-10 many more orders",
    ),
    Experiment(
        id="Green button test",
        variants=("0", "1"),
        start=utc("2026-10-12"),
        end=END,
        share=0.1,
        page="/",
        table="ab_test_assigned",
        registered=False,
        story="no effect on anything; not registered and against the naming convention",
    ),
)

INTERACTION = ("cart-banner-free-shipping-2026-10", "cart-summary-upsell-2026-10")
INTERACTION_ORDERS = 0.6
"""Extra orders per person who has the treatment of both experiments (Poisson mean)."""

PREVIEW, BLANK = "preview", " "
"""Variants that nobody registered: one that testers see, and one that says nothing."""


@dataclass(frozen=True)
class Behaviour:
    """What people do when no experiment changes it. Shares are 0 to 1, means are per unit named."""

    customers: float = 0.12
    """Share of people who are customers from before the eight weeks."""
    second_device: float = 0.2
    """Share of people with a second device."""
    second_device_use: float = 0.35
    """Share of their sessions and conversions on it."""
    loses_cookie: float = 0.1
    """Share of devices that get a new anonymous id at some time."""
    mobile: float = 0.5
    """Share of people whose first device is a phone; the second is the other kind."""
    later_sessions: float = 0.5
    """Mean later sessions of a new person, before those after the end are dropped."""
    later_sessions_customer: float = 2.8
    """The same of a customer; times the propensity, so that the past tells about the future."""
    return_days: float = 9.0
    """Mean days until a later session of a new person: natural decay of retention."""
    arrival_power: float = 1.6
    """New people arrive at START + 56 days * uniform ** this: more of them early."""
    first_session_pages: float = 0.08
    """Share of first sessions with a page call of their own; every later session has one."""
    extra_pages: float = 0.05
    """Mean further page calls per session."""
    sign_up: float = 0.08
    """Probability that a new person signs up by itself."""
    log_in: float = 0.85
    """Probability that a customer logs in, per anonymous id."""
    log_in_elsewhere: float = 0.6
    """Probability that a person who signed up logs in, per further anonymous id."""
    order_per_session: float = 0.06
    """Mean orders per session of a new person."""
    order_per_session_customer: float = 0.25
    """The same of a customer."""
    order_log_mean: float = 3.6
    """Mean of the logarithm of an order's revenue in EUR."""
    order_log_sd: float = 0.7
    """Its standard deviation."""
    coupon: float = 0.12
    """Share of orders with a coupon."""
    feature_per_session: float = 0.06
    """Mean feature uses per session."""
    assigned_at: float = 0.55
    """Share of exposures whose sender adds the time of assignment."""
    dispatch_delay: float = 0.15
    """Share of those that are sent minutes to hours after the assignment."""
    traits_at_exposure: float = 0.12
    """Share of exposures of known people followed by an identify with the experiments' traits."""
    has_email: float = 0.5
    """Share of people whose identify calls carry an e-mail address."""


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong goes wrong. Rates are shares of the unit named, 0 to 1."""

    redelivered: float = 0.006
    """Messages delivered twice within 20 hours."""
    redelivered_late: float = 0.0015
    """Messages delivered again 2 to 15 days later."""
    late_mobile: float = 0.04
    """Messages of phones that wait 1 to 6 days in an offline queue."""
    wrong_clock: float = 0.012
    """Devices whose clock is wrong by hours, days or years."""
    crossover: float = 0.05
    """People exposed on several anonymous ids who get another variant on the further ones."""
    loose_trait: float = 0.08
    """Identify rows whose trait of the first experiment is not namespaced."""
    wrong_trait: float = 0.01
    """Traits that name another variant than the exposures."""
    alias_sender: float = 0.2
    """Known people whose site calls alias at every login."""
    self_alias: float = 0.05
    """Alias calls after identify: previous_id is the user id itself."""
    alias_chain: float = 0.02
    """People with such a site whose alias goes over their e-mail address."""
    kiosks: float = 0.001
    """Kiosks per person: one anonymous id, 4 to 8 users and one visitor who never logs in."""
    families: float = 0.004
    """Family devices per person: one anonymous id, two users."""
    blank_variant: float = 0.001
    """Exposures sent once more with a null or blank variant."""
    blank_id: float = 0.001
    """Exposures sent once more with blocked or null ids."""
    blocked_identify: float = 0.01
    """Identify calls repeated with a blocked id in place of one of theirs."""
    early_assignment: float = 0.002
    """People (per person) assigned by testers before the start of an experiment."""
    unknown_variant: float = 0.001
    """People (per person) who see a variant that is not registered."""


@dataclass(frozen=True)
class PlantedFault:
    """A fault in the demo's data that is frequent enough for a warning of `dbt test`.

    Attributes:
        check: Check of tracking_audit that finds it.
        words: What it counts and why that is wrong, in plain words after "3 of 10".
    """

    check: str
    words: str


PLANTED_FAULTS = (
    PlantedFault(
        "alias_at_every_login",
        "alias calls at a later login, when the two ids were linked already",
    ),
    PlantedFault("alias_cycle", "user ids that alias calls link in a circle"),
    PlantedFault("alias_of_itself", "alias calls after identify, which link an id with itself"),
    PlantedFault(
        "assignment_time_in_the_future",
        "exposures whose time of assignment is by a clock that is ahead",
    ),
    PlantedFault(
        "trait_not_namespaced", "columns of traits with a variant outside of `experiments`"
    ),
    PlantedFault(
        "trait_without_exposure",
        "users with a trait, but with the exposure on a device where they never log in",
    ),
    PlantedFault(
        "variant_column_is_a_number",
        "event tables with variants as numbers, in which a readable variant would be lost",
    ),
)
"""What the faults, devices and tables above lead to at the size and seed of the committed data."""


@dataclass(frozen=True)
class Settings:
    """What a simulation depends on besides its size and seed.

    Attributes:
        behaviour: What people do.
        faults: What goes wrong.
        experiments: What runs; the registered ones, at least one, stand first.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    faults: Faults = field(default_factory=Faults)
    experiments: tuple[Experiment, ...] = EXPERIMENTS

    @cached_property
    def registered(self) -> tuple[Experiment, ...]:
        """The experiments that are listed in the registry and have an identify trait."""
        return tuple(item for item in self.experiments if item.registered)

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """Every variant name; a variant code is an index into this, -1 is null."""
        names = [name for item in self.experiments for name in item.variants]
        return tuple(dict.fromkeys([*names, PREVIEW, BLANK]))

    @cached_property
    def loose_trait(self) -> str:
        """Trait that a careless sender writes beside `experiments` instead of in it."""
        return snake_case(self.registered[0].id)

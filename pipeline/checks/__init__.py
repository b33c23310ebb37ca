"""The check functions by name. A check is pure: what is given in, Findings out; only `review` makes Checks of them."""

from collections.abc import Mapping

from pipeline.checks import across, answers, applicant, city, compute, figures, product, scenario
from pipeline.checks.city import LIST_CHECKS
from pipeline.checks.given import CheckFunction

__all__ = ["CHECKS", "LIST_CHECKS", "OF_PARTS"]

CHECKS: Mapping[str, CheckFunction] = {
    function.__name__: function
    for function in (
        answers.complete,
        answers.readable,
        answers.copies_agree,
        answers.one_of,
        answers.named_and_one_of,
        answers.judgement,
        applicant.legal_person,
        applicant.finances,
        applicant.creditworthy,
        applicant.in_region,
        applicant.not_in_city,
        figures.ratios,
        figures.sums,
        figures.share_at_least,
        figures.narrative_agrees,
        compute.amount_in_year,
        compute.periods_in_year,
        compute.bought_from_others,
        compute.invoiced,
        product.owned_right,
        product.on_market,
        scenario.has_partner,
        scenario.members_at_most,
        scenario.lies_in_province,
        city.site_verified,
        across.received_in_time,
        across.one_per_direction,
        across.exclusive,
    )
}
# Checks that use parts of what they read, and see for themselves how sure those parts are.
OF_PARTS = frozenset({figures.narrative_agrees.__name__})

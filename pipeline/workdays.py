"""The working days of China: weekends, public holidays and the weekends worked in exchange for them."""

from datetime import date, timedelta

import chinese_calendar


def after_working_days(start: date, days: int) -> date:
    """The last of `days` working days, counted from the day after `start`."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """By the State Council's yearly notice; from Monday to Friday in a year whose holidays are not known."""
    return bool(chinese_calendar.is_workday(day) if holidays_known(day.year) else day.weekday() < 5)


def holidays_known(year: int) -> bool:
    """Whether the package knows that year's holidays; they are announced each November for the next year."""
    years = [day.year for day in chinese_calendar.holidays]
    return bool(min(years) <= year <= max(years))

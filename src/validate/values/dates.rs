//! Dates in the calendar. A day that does not exist is not a date, and an order that is not stated is not guessed.

use chrono::{Datelike, NaiveDate};

use crate::schema::DateOrder;

/// A year before or after these was typed wrong.
const YEARS: std::ops::RangeInclusive<i32> = 1850..=2100;

/// Years that are typed as years of birth.
const YEARS_TYPED: std::ops::RangeInclusive<i64> = 1900..=2049;

/// The days that a text can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    first: NaiveDate,
    last: NaiveDate,
    /// Whether day and month could be exchanged, and no order is stated.
    pub either_order: bool,
}

impl Date {
    /// Reads a full date: `1987-05-03`, `03/05/1987`, `3.5.1987`, with or without a time.
    ///
    /// A year that comes first is followed by month and day. Where it comes last, the stated order decides. Without one a
    /// date is certain if only one order gives a day that exists, and otherwise it may be either day.
    ///
    /// # Errors
    /// `None` for a day that is not in the calendar, or not in the stated order.
    pub fn read(text: &str, order: Option<DateOrder>) -> Option<Self> {
        let [a, b, c] = parts(text)?;
        if a.len() == 4 {
            return day(a, b, c).map(Self::exact);
        }
        let dmy = day(c, b, a).filter(|_| matches!(order, None | Some(DateOrder::Dmy)));
        let mdy = day(c, a, b).filter(|_| matches!(order, None | Some(DateOrder::Mdy)));
        match (dmy, mdy) {
            (Some(one), Some(other)) => {
                Some(Self { first: one.min(other), last: one.max(other), either_order: one != other })
            }
            (one, other) => one.or(other).map(Self::exact),
        }
    }

    /// Reads a full date or a year alone, which may be any of its days.
    pub fn or_year(text: &str, order: Option<DateOrder>) -> Option<Self> {
        let year = || {
            let year = number(text, 4).filter(|year| YEARS.contains(year))?;
            let (first, last) = (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?);
            Some(Self { first, last, either_order: false })
        };
        Self::read(text, order).or_else(year)
    }

    /// Returns whether a date of birth is hardly one: what an empty cell becomes, or a year that was typed into a cell for dates.
    /// There 1995 is the day 17 June 1905, or 18 June 1909 where days are counted from 1904.
    pub fn is_placeholder(&self) -> bool {
        let is_zero = |day: NaiveDate| {
            let (year, month, day) = (day.year(), day.month(), day.day());
            matches!((year, month, day), (1899, 12, 30 | 31) | (1900, 1, 1) | (1904, 1, 1 | 2))
        };
        if is_zero(self.first) || is_zero(self.last) {
            return true;
        }
        let is_year = |(year, month, day): (i32, u32, u32), serial: i64| {
            let from = NaiveDate::from_ymd_opt(year, month, day);
            from.is_some_and(|from| YEARS_TYPED.contains(&(serial + (self.first - from).num_days())))
        };
        self.first == self.last && (is_year((1905, 3, 14), 1900) || is_year((1909, 3, 15), 1900))
    }

    /// The year.
    pub fn year(&self) -> i32 {
        self.first.year()
    }

    /// The lowest and the highest age in full years at an event; below zero where the event may come before the birth.
    pub fn ages_at(&self, event: &Self) -> (i32, i32) {
        (full_years(self.last, event.first), full_years(self.first, event.last))
    }

    fn exact(day: NaiveDate) -> Self {
        Self { first: day, last: day, either_order: false }
    }
}

/// Returns whether a text is written as a date, even of a day that does not exist.
pub(crate) fn looks_like_date(text: &str) -> bool {
    parts(text).is_some()
}

/// The three numbers of a date, one of them a year of four digits at either end.
fn parts(text: &str) -> Option<[&str; 3]> {
    let text = text.split(['T', ' ']).next()?;
    let mut parts = text.split(['-', '/', '.']);
    let [a, b, c] = [parts.next()?, parts.next()?, parts.next()?];
    let short = |text: &str| (1..=2).contains(&text.len()) && number(text, text.len()).is_some();
    let year = |text: &str| number(text, 4).is_some();
    let shape = (year(a) && short(b) && short(c)) || (short(a) && short(b) && year(c));
    (parts.next().is_none() && shape).then_some([a, b, c])
}

fn number(text: &str, length: usize) -> Option<i32> {
    let digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn day(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let year = year.parse().ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// Full years between two days. Who was born on 29 February is a year older on 1 March in other years.
fn full_years(birth: NaiveDate, event: NaiveDate) -> i32 {
    let before = (event.month(), event.day()) < (birth.month(), birth.day());
    event.year() - birth.year() - i32::from(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str, order: Option<DateOrder>) -> Option<(String, String)> {
        let date = Date::read(text, order)?;
        assert_eq!(date.either_order, date.first != date.last, "{text}");
        Some((date.first.to_string(), date.last.to_string()))
    }

    #[test]
    fn dates_are_read_in_the_stated_order() {
        let one = |day: &str| Some((day.to_owned(), day.to_owned()));
        let (dmy, mdy, ymd) = (Some(DateOrder::Dmy), Some(DateOrder::Mdy), Some(DateOrder::Ymd));
        for order in [None, dmy, mdy, ymd] {
            assert_eq!(days("1987-05-03", order), one("1987-05-03"));
            assert_eq!(days("2024-02-29T10:15:00", order), one("2024-02-29"));
        }
        assert_eq!(days("03/05/1987", dmy), one("1987-05-03"));
        assert_eq!(days("03/05/1987", mdy), one("1987-03-05"));
        assert_eq!(days("03/05/1987", ymd), None);
        assert_eq!(days("23.5.1987", dmy), one("1987-05-23"));
        assert_eq!(days("23.5.1987", mdy), None);
        // No order is stated: certain where only one of them gives a day, and either day otherwise.
        assert_eq!(days("23/05/1987", None), one("1987-05-23"));
        assert_eq!(days("05/23/1987", None), one("1987-05-23"));
        assert_eq!(days("05/05/1987", None), one("1987-05-05"));
        assert_eq!(days("03/05/1987", None), Some(("1987-03-05".into(), "1987-05-03".into())));
    }

    #[test]
    fn days_that_do_not_exist_are_no_dates() {
        for text in ["2021-02-30", "30/02/2021", "02/30/2021", "2023-02-29", "31/04/2021", "2021-13-01", "2021-00-10"] {
            assert_eq!(days(text, None), None, "{text}");
            assert!(looks_like_date(text), "{text}");
        }
        for text in ["", "5/87", "1987", "87-05-03", "1987-5-", "1987-005-03", "+1/02/1987", "1-2-3-1987", "1999-2000"]
        {
            assert!(!looks_like_date(text), "{text}");
        }
        assert_eq!(days("1750-01-01", None), None);
    }

    #[test]
    fn ages_are_all_that_are_possible() {
        let ages = |birth, event| {
            let read = |text| Date::or_year(text, None).unwrap();
            read(birth).ages_at(&read(event))
        };
        assert_eq!(ages("2003-05-17", "2021-05-16"), (17, 17));
        assert_eq!(ages("2003-05-17", "2021-05-17"), (18, 18));
        assert_eq!(ages("2004-02-29", "2022-02-28"), (17, 17));
        assert_eq!(ages("2004-02-29", "2022-03-01"), (18, 18));
        assert_eq!(ages("2003", "2021-05-17"), (17, 18));
        assert_eq!(ages("2003", "2021"), (17, 18));
        assert_eq!(ages("2021", "2021"), (-1, 0));
        // 3 May or 5 March.
        assert_eq!(ages("03/05/2003", "2021-04-01"), (17, 18));
        assert_eq!(ages("03/05/2003", "2021-06-01"), (18, 18));
        assert_eq!(ages("2021-06-01", "2021-05-01"), (-1, -1));
    }
}

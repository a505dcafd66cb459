//! The small language in which a measure says how it is computed.
//!
//! ```text
//! formula  = term { ("+" | "-") term }
//! term     = factor { ("*" | "/") factor }
//! factor   = number | "-" factor | "(" formula ")" | cell | function
//! cell     = ("count" | "population") [ "[" DIMENSION "=" codes { "," DIMENSION "=" codes } "]" ]
//! codes    = code { "+" code }
//! function = "mean" "(" formula ")" | "median" "(" formula ")" | "sum" "(" formula ")"
//!          | "areas" "(" number [ "," number ] ")" | "codes" "(" DIMENSION ")"
//! ```
//!
//! `count` is the row's own cell; with brackets, the cell with some other codes, or the sum of several such
//! cells. `TIME_PERIOD` takes a year, `first` for the first year of the table, or a number of years back such as `-1`.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{Error, Result};

/// Which codes of a dimension a cell has instead of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// The dimension.
    pub dimension: String,
    /// The codes that are added up.
    pub codes: Vec<String>,
}

/// How a value is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A number.
    Number(f64),
    /// A count of the table.
    Count(Vec<Choice>),
    /// The population of the area and year, of the row's sex and age unless chosen otherwise.
    Population(Vec<Choice>),
    /// Two values joined.
    Join(Operator, Box<Formula>, Box<Formula>),
    /// A value for each country below an area, brought together.
    Over(Gather, Box<Formula>),
    /// The number of countries whose count is at least, and at most, so much.
    Areas(f64, Option<f64>),
    /// The number of codes of a dimension with any person in them.
    Codes(String),
}

/// How two values are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Their sum.
    Add,
    /// Their difference.
    Subtract,
    /// Their product.
    Multiply,
    /// Their quotient; none where the divisor is zero.
    Divide,
}

/// How the values of several countries are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// The mean over the countries that have a value.
    Mean,
    /// The middle one of them; of an even number, the mean of the two in the middle.
    Median,
    /// Their sum.
    Sum,
}

impl Formula {
    /// Calls back with every part, itself first.
    pub fn each<'a>(&'a self, take: &mut dyn FnMut(&'a Formula)) {
        take(self);
        match self {
            Self::Join(_, left, right) => {
                left.each(take);
                right.each(take);
            }
            Self::Over(_, inner) => inner.each(take),
            Self::Number(_) | Self::Count(_) | Self::Population(_) | Self::Areas(..) | Self::Codes(_) => {}
        }
    }

    /// Returns whether a condition holds for some part.
    pub fn any(&self, is: impl Fn(&Formula) -> bool) -> bool {
        let mut found = false;
        self.each(&mut |part| found |= is(part));
        found
    }

    /// Returns the dimensions whose codes it names.
    pub fn dimensions(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.each(&mut |part| match part {
            Self::Count(choices) => names.extend(choices.iter().map(|choice| choice.dimension.as_str())),
            Self::Codes(dimension) => drop(names.insert(dimension.as_str())),
            _ => {}
        });
        names
    }

    /// Returns by how much the plain count is multiplied, where it is nothing else.
    pub(super) fn multiple_of_count(&self) -> Option<f64> {
        match self {
            count if count.is_count() => Some(1.0),
            Self::Join(Operator::Multiply, left, right) => match left.as_ref() {
                Self::Number(factor) if right.is_count() => Some(*factor),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns whether it divides by a population.
    pub fn has_population(&self) -> bool {
        self.any(|part| matches!(part, Self::Population(_)))
    }

    /// Returns whether it is the plain count of each cell.
    pub fn is_count(&self) -> bool {
        matches!(self, Self::Count(choices) if choices.is_empty())
    }

    /// Returns by how much a share is multiplied, and what the row's own count is divided by.
    pub fn share_of(&self) -> Option<(f64, &[Choice])> {
        match self {
            Self::Join(Operator::Multiply, number, ratio) => match (number.as_ref(), ratio.as_ref()) {
                (Self::Number(number), ratio @ Self::Join(Operator::Divide, ..)) => {
                    ratio.share_of().map(|(factor, whole)| (number * factor, whole))
                }
                _ => None,
            },
            Self::Join(Operator::Divide, above, below) => {
                let factor = above.multiple_of_count()?;
                match below.as_ref() {
                    // Divided by another year it is an index, which can be more than the whole.
                    Self::Count(choices)
                        if !choices.is_empty() && choices.iter().all(|choice| choice.dimension != TIME) =>
                    {
                        Some((factor, choices))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the year that is chosen instead of the row's own: `first`, a number of years back, or a year.
    pub fn other_time(&self) -> Result<Option<&str>> {
        let mut found: Vec<&str> = Vec::new();
        self.each(&mut |part| {
            if let Self::Count(choices) | Self::Population(choices) = part {
                let times = choices.iter().filter(|choice| choice.dimension == TIME);
                found.extend(times.flat_map(|choice| choice.codes.iter().map(String::as_str)));
            }
        });
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Error::failed(format!("the formula `{self}` compares with several years"))
                .hint("make a measure for each")),
        }
    }
}

/// Returns the year to which a formula points from a year, where the first year of the table is known.
pub(super) fn other_year(choice: &str, year: u16, first: Option<u16>) -> Option<u16> {
    match choice.parse::<i32>() {
        _ if choice == "first" => first,
        Ok(back) if back < 0 => u16::try_from(i32::from(year) + back).ok(),
        _ => choice.parse().ok(),
    }
}

/// The dimension of time.
pub(crate) const TIME: &str = "TIME_PERIOD";

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |f: &mut fmt::Formatter<'_>, name: &str, choices: &[Choice]| {
            f.write_str(name)?;
            if choices.is_empty() {
                return Ok(());
            }
            let texts: Vec<_> =
                choices.iter().map(|choice| format!("{}={}", choice.dimension, choice.codes.join("+"))).collect();
            write!(f, "[{}]", texts.join(", "))
        };
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Count(choices) => cell(f, "count", choices),
            Self::Population(choices) => cell(f, "population", choices),
            Self::Join(operator, left, right) => {
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "*",
                    Operator::Divide => "/",
                };
                let binds = |operator: Operator| u8::from(matches!(operator, Operator::Multiply | Operator::Divide));
                let side = |f: &mut fmt::Formatter<'_>, side: &Formula, right: bool| match side {
                    Self::Join(inner, ..) if binds(*operator) > binds(*inner) => write!(f, "({side})"),
                    Self::Join(inner, ..) if right && binds(*operator) == binds(*inner) => write!(f, "({side})"),
                    _ => write!(f, "{side}"),
                };
                side(f, left, false)?;
                write!(f, " {sign} ")?;
                side(f, right, true)
            }
            Self::Over(gather, inner) => {
                let name = match gather {
                    Gather::Mean => "mean",
                    Gather::Median => "median",
                    Gather::Sum => "sum",
                };
                write!(f, "{name}({inner})")
            }
            Self::Areas(lower, None) => write!(f, "areas({lower})"),
            Self::Areas(lower, Some(upper)) => write!(f, "areas({lower}, {upper})"),
            Self::Codes(dimension) => write!(f, "codes({dimension})"),
        }
    }
}

//! Exact fractions. A number that does not fit ends the search for a certificate, and the cell counts as unsafe.

/// A fraction in lowest terms, with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    top: i64,
    bottom: i64,
}

/// A number is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Returns the greatest common divisor.
pub(super) fn common(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.unsigned_abs(), other.unsigned_abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one as i128
}

/// Returns the greatest common divisor of numbers that fit.
pub(super) fn common_small(one: i64, other: i64) -> i64 {
    common(one.into(), other.into()) as i64
}

impl Fraction {
    pub fn whole(number: i64) -> Self {
        Self { top: number, bottom: 1 }
    }

    fn of(top: i128, bottom: i128) -> Result<Self, TooLarge> {
        let by = if bottom == 1 { 1 } else { common(top, bottom) * bottom.signum() };
        let part = |number: i128| i64::try_from(number / by).map_err(|_| TooLarge);
        Ok(Self { top: part(top)?, bottom: part(bottom)? })
    }

    /// Returns `self + factor * top / bottom`.
    pub fn plus(self, factor: Self, (top, bottom): (i64, i64)) -> Result<Self, TooLarge> {
        let product_top = i128::from(factor.top) * i128::from(top);
        let product_bottom = i128::from(factor.bottom) * i128::from(bottom);
        if self.bottom == 1 && product_bottom == 1 {
            return Ok(Self::whole(i64::try_from(i128::from(self.top) + product_top).map_err(|_| TooLarge)?));
        }
        let sum_top = i128::from(self.top)
            .checked_mul(product_bottom)
            .and_then(|one| one.checked_add(product_top.checked_mul(i128::from(self.bottom))?))
            .ok_or(TooLarge)?;
        Self::of(sum_top, product_bottom.checked_mul(i128::from(self.bottom)).ok_or(TooLarge)?)
    }

    /// Returns `(to - self) * top / bottom`.
    pub fn way_to(self, to: i64, (top, bottom): (i64, i64)) -> Result<Self, TooLarge> {
        let distance = i128::from(to) * i128::from(self.bottom) - i128::from(self.top);
        Self::of(distance.checked_mul(i128::from(top)).ok_or(TooLarge)?, i128::from(self.bottom) * i128::from(bottom))
    }

    pub fn is_below(self, number: i64) -> bool {
        i128::from(self.top) < i128::from(number) * i128::from(self.bottom)
    }

    pub fn is_above(self, number: i64) -> bool {
        i128::from(self.top) > i128::from(number) * i128::from(self.bottom)
    }

    pub fn is_whole(self) -> bool {
        self.bottom == 1
    }

    /// Returns the next whole number that is not larger.
    pub fn floor(self) -> i64 {
        self.top.div_euclid(self.bottom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_and_in_lowest_terms() {
        let half = Fraction::whole(0).plus(Fraction::whole(1), (1, 2)).unwrap();
        assert!(!half.is_whole() && half.floor() == 0 && half.is_above(0) && half.is_below(1));
        assert_eq!(half.plus(half, (1, 1)).unwrap(), Fraction::whole(1));
        assert_eq!(half.way_to(2, (-2, 3)).unwrap(), Fraction::whole(-1));
        assert_eq!(Fraction::whole(0).plus(Fraction::whole(-3), (1, 2)).unwrap().floor(), -2);
        assert_eq!(Fraction::whole(i64::MAX).plus(Fraction::whole(1), (1, 1)), Err(TooLarge));
    }
}

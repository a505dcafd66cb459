//! Arithmetic modulo the prime 2^61 - 1, and fractions read off residues.

/// The prime. A false result needs a determinant that it divides, and every result is checked in whole numbers later.
pub(super) const PRIME: u64 = (1 << 61) - 1;

/// Returns the residue of a whole number.
pub(super) fn residue(number: i64) -> u64 {
    number.rem_euclid(PRIME as i64) as u64
}

pub(super) fn multiply(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

pub(super) fn subtract(one: u64, other: u64) -> u64 {
    if one >= other { one - other } else { one + PRIME - other }
}

/// Returns the inverse of a residue that is not 0.
pub(super) fn inverse(number: u64) -> u64 {
    let (mut power, mut base, mut left) = (1, number, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            power = multiply(power, base);
        }
        base = multiply(base, base);
        left >>= 1;
    }
    power
}

/// Numerators and denominators are below this, so that each residue stands for one fraction at most.
const SMALL: i64 = 1 << 29;

/// Returns the fraction with a small numerator and denominator that a residue stands for.
pub(super) fn fraction(residue: u64) -> Option<(i64, i64)> {
    let symmetric = if residue > PRIME / 2 { residue as i64 - PRIME as i64 } else { residue as i64 };
    if symmetric.abs() < 1 << 20 {
        return Some((symmetric, 1));
    }
    // The extended algorithm of Euclid, stopped half-way.
    let (mut before, mut rest) = (i128::from(PRIME), i128::from(residue));
    let (mut factor_before, mut factor) = (0i128, 1i128);
    while rest >= i128::from(SMALL) {
        let quotient = before / rest;
        (before, rest) = (rest, before - quotient * rest);
        (factor_before, factor) = (factor, factor_before - quotient * factor);
    }
    let (top, bottom) = (i64::try_from(rest).ok()?, i64::try_from(factor).ok()?);
    let (top, bottom) = if bottom < 0 { (-top, -bottom) } else { (top, bottom) };
    (bottom > 0 && bottom < SMALL).then_some((top, bottom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residues_are_those_of_long_arithmetic() {
        let long = |wide: u128| (wide % u128::from(PRIME)) as u64;
        let numbers = [0, 1, 2, 12345, PRIME - 1, PRIME / 2, 0x0123_4567_89ab_cdef];
        for one in numbers {
            for other in numbers {
                assert_eq!(multiply(one, other), long(u128::from(one) * u128::from(other)));
                let difference = long(u128::from(one) + u128::from(PRIME) - u128::from(other));
                assert_eq!(subtract(one, other), difference);
            }
            if one > 0 {
                assert_eq!(multiply(one, inverse(one)), 1);
            }
        }
    }

    #[test]
    fn fractions_come_back() {
        for (top, bottom) in [(0, 1), (-7, 1), (1, 2), (-5, 3), (1_000_003, 77), (1 << 25, 1)] {
            let quotient = multiply(residue(top), inverse(residue(bottom)));
            assert_eq!(fraction(quotient), Some((top, bottom)));
        }
    }
}

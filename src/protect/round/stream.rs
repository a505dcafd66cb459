//! Keyed draws, and the constant table for acceptance.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What draws are for. Each purpose has a stream of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum StreamPurpose {
    /// Totals of area-years below the threshold.
    Totals = 1,
    /// Units that no record has.
    Candidates = 2,
    /// Marks by which cells with equal members are found.
    Cells = 3,
    /// The values before the search.
    Start = 4,
    /// The search.
    Search = 5,
    /// What seals records of a ledger.
    Seal = 6,
    /// Units that take what other units leave of a sum.
    Carriers = 7,
}

/// A stream of draws that depends on the key, the purpose and a counter only.
pub(super) struct Stream(ChaCha20Rng);

impl Stream {
    /// Begins the stream of a key for one purpose.
    pub fn new(key: &[u8; 32], purpose: StreamPurpose) -> Self {
        let mut stream = ChaCha20Rng::from_seed(*key);
        stream.set_stream(purpose as u64);
        Self(stream)
    }

    /// Returns 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number below `bound`. The bias is below 2^-32 for bounds below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Shuffles a list.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// Returns -ln((i + 0.5) / 65,536) times 65,536, rounded, for each 16 bits `i`.
///
/// The logarithm is a sum of a fixed number of terms: those of mathematical libraries differ between systems in the last bit.
pub(super) fn energies() -> Vec<u32> {
    let energy = |index: u32| {
        // (2 i + 1) / 2^17 is m / 2^e with m in 1..2.
        let number = 2 * index + 1;
        let exponent = number.ilog2();
        let mantissa = f64::from(number) / f64::from(1u32 << exponent);
        let ratio = (mantissa - 1.0) / (mantissa + 1.0);
        let (mut power, mut sum) = (ratio, 0.0);
        for term in 0..24 {
            sum += power / f64::from(2 * term + 1);
            power *= ratio * ratio;
        }
        let ln = 2.0 * sum + (f64::from(exponent) - 17.0) * std::f64::consts::LN_2;
        (-ln * 65_536.0 + 0.5) as u32
    };
    (0..1 << 16).map(energy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_are_logarithms() {
        for (index, energy) in energies().into_iter().enumerate() {
            let exact = -((index as f64 + 0.5) / 65_536.0).ln() * 65_536.0;
            assert!((f64::from(energy) - exact).abs() <= 0.51, "{index}: {energy} {exact}");
        }
    }

    #[test]
    fn draws_depend_on_key_and_purpose_and_are_the_same_everywhere() {
        let draws = |key: u8, purpose| {
            let mut stream = Stream::new(&[key; 32], purpose);
            [(); 4].map(|()| stream.below(1000))
        };
        assert_eq!(draws(1, StreamPurpose::Start), draws(1, StreamPurpose::Start));
        assert_ne!(draws(1, StreamPurpose::Start), draws(2, StreamPurpose::Start));
        assert_ne!(draws(1, StreamPurpose::Start), draws(1, StreamPurpose::Search));
    }
}

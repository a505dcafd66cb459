//! The stream of draws.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
pub(crate) struct Draws(ChaCha12Rng);

impl Draws {
    /// A stream that begins here.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// The next number of the stream.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; the bias of the remainder is below 2^-32 for the small numbers used here.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// Returns whether an event of this probability, in millionths, happens.
    pub fn happens(&mut self, millionths: u64) -> bool {
        self.below(1_000_000) < millionths
    }
}

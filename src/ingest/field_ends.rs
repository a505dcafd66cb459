//! Where fields end in a text without quotation marks, found for 64 bytes at a time.
//!
//! Fields of codes are four or five bytes long, so that a search which starts anew for every field spends most of its time
//! starting. Here 64 bytes become one integer with a bit for each byte that ends a field, and its bits are taken one after
//! another.

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;

/// The ends of fields, from the first to the last.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    delimiter: u8,
    /// Where the block of `bits` begins.
    block: usize,
    /// Ends in the block that were not taken yet.
    bits: u64,
    /// Where the next block begins.
    next: usize,
}

impl Ends {
    /// Nothing of a text has been looked at from this byte on.
    pub fn new(delimiter: u8, from: usize) -> Self {
        Self { delimiter, block: from, bits: 0, next: from }
    }

    /// The next delimiter or line end of a text, which must be the same in every call; its length after the last one.
    #[inline]
    pub fn next(&mut self, bytes: &[u8]) -> usize {
        while self.bits == 0 {
            let Some(rest) = bytes.get(self.next..).filter(|rest| !rest.is_empty()) else { return bytes.len() };
            self.bits = first_bits(rest, self.delimiter);
            self.block = self.next;
            self.next += BLOCK;
        }
        let at = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        self.block + at
    }
}

/// Lists where the fields begin that follow the ends in the first block of a text, which begins at `first - 1`, and returns how
/// many there are. Eight are listed at once, because the compiler knows their number then; what is above the number has no meaning.
#[inline]
pub(super) fn list_starts(text: &[u8], delimiter: u8, first: u32, starts: &mut [u32]) -> usize {
    let mut bits = first_bits(text, delimiter);
    let count = bits.count_ones() as usize;
    for eight in starts[..BLOCK].chunks_exact_mut(8).take(count.div_ceil(8)) {
        for start in eight {
            *start = first.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
    }
    count
}

/// The bits of the first block of a text.
#[inline]
fn first_bits(text: &[u8], delimiter: u8) -> u64 {
    match text.first_chunk() {
        Some(block) => bits(block, delimiter),
        None => {
            // No delimiter is a zero, so the filling ends no field.
            let mut block = [0; BLOCK];
            block[..text.len()].copy_from_slice(text);
            bits(&block, delimiter)
        }
    }
}

/// A bit for each byte that is a delimiter or a line end, the first byte's the lowest.
#[inline]
fn bits(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    // The compiler makes vectors of this loop.
    let mut hits = [0u8; BLOCK];
    for (hit, &byte) in hits.iter_mut().zip(block) {
        *hit = u8::from(byte == delimiter) | u8::from(byte == b'\n');
    }
    let mut bits = 0;
    for (at, eight) in hits.chunks_exact(8).enumerate() {
        let eight = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // The product has the eight lowest bits of the bytes in its highest byte, those of later bytes above.
        bits |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_found_once_and_in_order() {
        let mut state = 79u64;
        for length in 0..300 {
            let mut text = Vec::new();
            for _ in 0..length {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push(b",\n;a\x80\xff\x0b\x8a\xac,"[(state >> 33) as usize % 10]);
            }
            let expected: Vec<usize> = (0..length).filter(|&at| b",\n".contains(&text[at])).chain([length]).collect();
            let mut ends = Ends::new(b',', 0);
            let found: Vec<usize> = expected.iter().map(|_| ends.next(&text)).collect();
            assert_eq!(found, expected);
        }
    }
}

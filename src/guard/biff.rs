//! Records of Excel's binary workbooks (`.xlsb`): a kind, a length, and so many bytes, as [MS-XLSB] 2.1.4 defines them.
//!
//! The library that reads these workbooks skips some kinds of cells without a word. The scan names the kinds of a sheet that
//! are read elsewhere, or refused.

/// An error that a formula gives.
pub(crate) const FORMULA_ERROR: u16 = 0x0B;

/// A text with formats within it.
pub(crate) const RICH_TEXT: u16 = 0x3E;

/// Cells that are merged.
pub(crate) const MERGED: u16 = 0xB0;

/// Reads the head of a record: its kind, the length of what follows, and its own length. `None` where bytes are missing.
pub(crate) fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let first = *bytes.first()?;
    let (kind, mut at) = match first {
        0x80.. => (u16::from(first & 0x7F) | u16::from(bytes.get(1)? & 0x7F) << 7, 2),
        _ => (u16::from(first), 1),
    };
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = *bytes.get(at)?;
        at += 1;
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Some((kind, length, at))
}

/// Returns whether a record is a cell without a column. No standard describes them, but some programs write them.
pub(crate) fn is_short(kind: u16) -> bool {
    matches!(kind, 0x0C..=0x12)
}

/// A scan of a sheet that is unpacked piece by piece.
#[derive(Debug, Default)]
pub(super) struct BiffScan {
    /// Whether it has a record that the library skips: an error of a formula, a text with formats, merged or short cells.
    pub has_skipped: bool,
    open: [u8; 6],
    filled: usize,
    /// Bytes up to the next record.
    rest: usize,
}

impl BiffScan {
    /// Adds the next piece.
    pub fn more(&mut self, mut bytes: &[u8]) {
        while let Some((first, after)) = bytes.split_first() {
            if self.rest > 0 {
                let skipped = self.rest.min(bytes.len());
                self.rest -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.open[self.filled] = *first;
            self.filled += 1;
            bytes = after;
            if let Some((kind, length, _)) = head(&self.open[..self.filled]) {
                self.has_skipped |= matches!(kind, FORMULA_ERROR | RICH_TEXT | MERGED) || is_short(kind);
                (self.filled, self.rest) = (0, length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        assert_eq!(head(&[0x0B, 0x09]), Some((0x0B, 9, 2)));
        assert_eq!(head(&[0x91, 0x01, 0x00]), Some((0x91, 0, 3)));
        assert_eq!(head(&[0x06, 0x80, 0x01]), Some((6, 128, 3)));
        assert_eq!(head(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Some((0x3FFF, (1 << 28) - 1, 6)));
        for cut in [&[][..], &[0x91], &[0x06, 0x80]] {
            assert_eq!(head(cut), None);
        }
    }

    #[test]
    fn kinds_are_found_in_pieces_of_any_length() {
        // A text whose bytes look like an error, then an error; then the same without it.
        let text = [6, 3, FORMULA_ERROR as u8, 0, 0x3E];
        let all = [&text[..], &[FORMULA_ERROR as u8, 2, 0, 0]].concat();
        for size in 1..all.len() {
            let (mut with, mut without) = (BiffScan::default(), BiffScan::default());
            all.chunks(size).for_each(|piece| with.more(piece));
            text.chunks(size).for_each(|piece| without.more(piece));
            assert!(with.has_skipped && !without.has_skipped, "{size}");
        }
        let mut short = BiffScan::default();
        short.more(&[0x0D, 8]);
        assert!(short.has_skipped);
    }
}

//! Numbers in the Thrift compact protocol, in which Parquet files describe themselves.
//!
//! The library makes room for what a list or a page says of its size. So the bytes are walked before, and nothing is
//! kept but the numbers that a visitor asks for. What no writer of Parquet writes is refused: then both readers cannot
//! understand it differently.

/// Levels of structures; a Parquet file needs seven.
const DEPTH: usize = 24;

/// Why the walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes end within a structure.
    Cut,
    /// They are no such structure.
    Wrong,
}

/// What is met on the walk. A path holds the number of each field from the outermost structure on.
pub(super) trait Visit {
    /// A structure within a list begins.
    fn element(&mut self, _path: &[i16]) {}

    /// A number.
    fn number(&mut self, path: &[i16], value: i64);
}

/// Walks one structure, and returns the number of its bytes.
pub(super) fn walk(bytes: &[u8], visit: &mut dyn Visit) -> Result<usize, Stop> {
    let mut walk = ThriftWalk { bytes, at: 0, path: Vec::with_capacity(DEPTH) };
    walk.structure(visit)?;
    Ok(walk.at)
}

struct ThriftWalk<'a> {
    bytes: &'a [u8],
    at: usize,
    path: Vec<i16>,
}

impl ThriftWalk<'_> {
    fn byte(&mut self) -> Result<u8, Stop> {
        let byte = *self.bytes.get(self.at).ok_or(Stop::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Stop> {
        let left = self.left();
        if bytes > left as u64 {
            return Err(Stop::Cut);
        }
        self.at += bytes as usize;
        Ok(())
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn unsigned(&mut self) -> Result<u64, Stop> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Stop::Wrong);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Stop::Wrong)
    }

    fn signed(&mut self) -> Result<i64, Stop> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn structure(&mut self, visit: &mut dyn Visit) -> Result<(), Stop> {
        if self.path.len() >= DEPTH {
            return Err(Stop::Wrong);
        }
        let mut last: i16 = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            // Without a step the number of the field follows: it would go back, or further than Parquet has fields.
            let step = i16::from(head >> 4);
            if step == 0 {
                return Err(Stop::Wrong);
            }
            last = last.checked_add(step).ok_or(Stop::Wrong)?;
            self.path.push(last);
            self.value(head & 0xf, visit)?;
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8, visit: &mut dyn Visit) -> Result<(), Stop> {
        match kind {
            1 | 2 => Ok(()),
            3 => {
                let value = self.byte()? as i8;
                visit.number(&self.path, value.into());
                Ok(())
            }
            4..=6 => {
                let value = self.signed()?;
                let fits = match kind {
                    4 => i16::try_from(value).is_ok(),
                    5 => i32::try_from(value).is_ok(),
                    _ => true,
                };
                if !fits {
                    return Err(Stop::Wrong);
                }
                visit.number(&self.path, value);
                Ok(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.unsigned()?;
                self.skip(length)
            }
            9 | 10 => self.list(visit),
            12 => self.structure(visit),
            // Maps and identifiers are in no part of a Parquet file.
            _ => Err(Stop::Wrong),
        }
    }

    fn list(&mut self, visit: &mut dyn Visit) -> Result<(), Stop> {
        let head = self.byte()?;
        let (kind, count) = (head & 0xf, u64::from(head >> 4));
        let count = if count == 15 { self.unsigned()? } else { count };
        // Each element has a byte at least, so the room that is made for a list is a small multiple of its bytes.
        if count > self.left() as u64 {
            return Err(Stop::Cut);
        }
        for _ in 0..count {
            match kind {
                1 | 2 => self.skip(1)?,
                12 => {
                    visit.element(&self.path);
                    self.structure(visit)?;
                }
                9 | 10 => return Err(Stop::Wrong),
                _ => self.value(kind, visit)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct SeenFields(Vec<(Vec<i16>, i64)>, usize);

    impl Visit for SeenFields {
        fn element(&mut self, _path: &[i16]) {
            self.1 += 1;
        }

        fn number(&mut self, path: &[i16], value: i64) {
            self.0.push((path.to_vec(), value));
        }
    }

    fn seen(bytes: &[u8]) -> Result<(SeenFields, usize), Stop> {
        let mut seen = SeenFields::default();
        walk(bytes, &mut seen).map(|length| (seen, length))
    }

    /// By hand: field 1 is the number -3 (zigzag 5), field 3 the text `ab`, field 4 a list of two structures, of which
    /// the first holds field 2, the number 150 (zigzag 300).
    #[test]
    fn numbers_are_found_by_their_path() {
        let bytes = [0x15, 5, 0x28, 2, b'a', b'b', 0x19, 0x2c, 0x25, 0xac, 0x02, 0, 0, 0, 99];
        let (seen, length) = seen(&bytes).unwrap();
        assert_eq!(seen.0, [(vec![1], -3), (vec![4, 2], 150)]);
        assert_eq!((seen.1, length), (2, bytes.len() - 1));
    }

    #[test]
    fn sizes_are_compared_with_what_is_there() {
        // A text of 2^63 bytes, a list of 2^31 structures, a list of as many truth values, which take no byte each.
        for bytes in [
            &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0][..],
            &[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0],
            &[0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07, 0],
        ] {
            assert_eq!(seen(bytes).map(drop), Err(Stop::Cut));
        }
        // A number of more than 64 bits, one of a field that holds 32, a field without a step, and structures without end.
        for bytes in [
            &[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0][..],
            &[0x15, 0xff, 0xff, 0xff, 0xff, 0x7f, 0],
            &[0x05, 2, 2, 0],
            &[0x1c; 1000],
        ] {
            assert_eq!(seen(bytes).map(drop), Err(Stop::Wrong));
        }
    }
}

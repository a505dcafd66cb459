//! Notes of records by person, and which of them are later ones.

use super::later::NUMBER_BITS;

/// What is noted of a record. The first number has 50 bits of the person's digest, whose 10 bits before them name the bucket,
/// and 14 bits of the row's digest; the second 24 more, and the number of the record. So notes in ascending order are sorted
/// by person, row and record.
///
/// Two of 1,000,000,000 persons are taken for one with a chance of four in ten, which would be a finding too many. A record
/// is left out only where the 38 bits of the row are alike as well.
pub(super) type PersonNote = [u64; 2];

/// Bytes of a note.
pub(super) const NOTE: usize = 16;

/// Bits of a person's digest that name its bucket.
pub(super) const BUCKET_BITS: u32 = 10;
pub(super) const BUCKETS: usize = 1 << BUCKET_BITS;

/// Bits of the row's digest in each of the numbers.
pub(super) const ROW_BITS: [u32; 2] = [14, 24];

#[inline]
pub(super) fn note(person: u64, row: u64, number: u64) -> PersonNote {
    let [upper, lower] = ROW_BITS;
    let person = person << BUCKET_BITS >> upper << upper;
    [person | row >> (u64::BITS - upper), row << upper >> (u64::BITS - lower) << NUMBER_BITS | number]
}

/// Returns the part of a note that is the same for all notes of a person in a bucket.
#[inline]
pub(super) fn person(note: PersonNote) -> u64 {
    note[0] >> ROW_BITS[0]
}

#[inline]
pub(super) fn number(note: PersonNote) -> u64 {
    note[1] & ((1 << NUMBER_BITS) - 1)
}

#[inline]
pub(super) fn is_same_row(a: PersonNote, b: PersonNote) -> bool {
    a[0] == b[0] && a[1] >> NUMBER_BITS == b[1] >> NUMBER_BITS
}

/// Persons of a bucket, by a part of their digest.
#[derive(Default)]
pub(super) struct PersonTable {
    /// The place of a note, counted from 1, and whether it was found again.
    slots: Vec<u32>,
    again: Vec<PersonNote>,
}

/// The note of a slot was found again.
const AGAIN: u32 = 1 << 31;

impl PersonTable {
    /// Returns the notes of persons who have several, among notes in the order of the records.
    #[inline]
    pub fn again(&mut self, notes: &mut [PersonNote]) -> &mut [PersonNote] {
        let size = (2 * notes.len()).next_power_of_two();
        self.slots.clear();
        self.slots.resize(size, 0);
        self.again.clear();
        for at in 0..notes.len() {
            let person_of_note = person(notes[at]);
            let mut slot = person_of_note as usize & (size - 1);
            loop {
                match self.slots[slot] {
                    0 => {
                        self.slots[slot] = at as u32 + 1;
                        break;
                    }
                    other if person(notes[(other & !AGAIN) as usize - 1]) == person_of_note => {
                        if other & AGAIN == 0 {
                            self.again.push(notes[other as usize - 1]);
                            self.slots[slot] = other | AGAIN;
                        }
                        self.again.push(notes[at]);
                        break;
                    }
                    _ => slot = (slot + 1) & (size - 1),
                }
            }
        }
        &mut self.again
    }
}

/// Finds which of the notes in ascending order are later ones.
#[derive(Default)]
pub(super) struct LaterScan {
    /// The last note.
    last: Option<PersonNote>,
    /// The number of the person's first record so far.
    first: u64,
}

impl LaterScan {
    /// Takes the next note, and returns the number of a later record and whether it repeats an earlier one.
    #[inline]
    pub fn next(&mut self, note: PersonNote) -> Option<(u64, bool)> {
        let number = number(note);
        match self.last.replace(note) {
            Some(last) if is_same_row(last, note) => Some((number, true)),
            Some(last) if person(last) == person(note) => {
                // The first of other records of the person; of all of these the very first is not a later one.
                let later = self.first.max(number);
                self.first = self.first.min(number);
                Some((later, false))
            }
            _ => {
                self.first = number;
                None
            }
        }
    }
}

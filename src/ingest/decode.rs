//! Bytes become UTF-8, in the encoding that is marked, said or, where neither is so, evident.
//!
//! As long as a text is plain ASCII its encoding makes no difference, so nothing is decided before the first byte that is
//! not. Then a sample of the text decides: what is valid UTF-8, or nearly so, is UTF-8; anything else is guessed, and the
//! guess is reported.

use std::io::{Read, Result};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::text::TextBuffer;

/// Bytes that decide on an encoding, from the first one that is not ASCII.
const SAMPLE: usize = 1 << 16;

/// Bytes that show whether every second one is zero.
const START: usize = 1 << 10;

/// Bytes that are decoded at once.
const CHUNK: usize = 1 << 16;

/// A text whose encoding is found while it is read.
pub(super) struct Decode {
    input: Box<dyn Read + Send>,
    state: DecodeState,
    /// Bytes that were read ahead.
    ahead: TextBuffer,
    ended: bool,
    guessed: bool,
    mark: usize,
}

enum DecodeState {
    /// Only ASCII has been seen.
    Open,
    Utf8,
    Other(Box<Decoder>, &'static Encoding),
}

impl Decode {
    /// Looks for a byte order mark. `stated` is the encoding of the user or the layout.
    pub fn new(mut input: Box<dyn Read + Send>, stated: Option<&'static Encoding>) -> Result<Self> {
        let mut ahead = TextBuffer::default();
        while ahead.len() < START && ahead.read_some(&mut *input, START - ahead.len())? {}
        let marked = Encoding::for_bom(&ahead);
        let mark = marked.map_or(0, |(_, length)| length);
        ahead.drop_first(mark);
        let silent = if stated.is_none() { without_mark(&ahead) } else { None };
        let state = match marked.map(|(encoding, _)| encoding).or(stated).or(silent) {
            None => DecodeState::Open,
            Some(encoding) => DecodeState::of(encoding),
        };
        let guessed = marked.is_none() && silent.is_some();
        Ok(Self { input, state, ahead, ended: false, guessed, mark })
    }

    /// The encoding; UTF-8 as long as it makes no difference.
    pub fn encoding(&self) -> &'static Encoding {
        match self.state {
            DecodeState::Open | DecodeState::Utf8 => UTF_8,
            DecodeState::Other(_, encoding) => encoding,
        }
    }

    /// Returns whether the encoding was neither marked nor given.
    pub fn guessed(&self) -> bool {
        self.guessed
    }

    /// Bytes of the byte order mark, where the text is UTF-8.
    pub fn mark(&self) -> usize {
        if matches!(self.state, DecodeState::Other(..)) { 0 } else { self.mark }
    }

    /// Appends text until there are so many bytes of it; whether there may be more.
    pub fn fill(&mut self, text: &mut TextBuffer, wanted: usize) -> Result<bool> {
        while text.len() < wanted && !(self.ended && self.ahead.is_empty()) {
            if let DecodeState::Other(decoder, _) = &mut self.state {
                if self.ahead.is_empty() {
                    self.ended = !self.ahead.read_some(&mut *self.input, CHUNK)?;
                }
                let mut decoded = String::new();
                let length = self.ahead.len();
                decoded.reserve(decoder.max_utf8_buffer_length(length).unwrap_or(length * 3 + 16));
                let _ = decoder.decode_to_string(&self.ahead, &mut decoded, self.ended);
                text.extend_from_slice(decoded.as_bytes());
                self.ahead.clear();
                continue;
            }
            let start = text.len();
            if self.ahead.is_empty() {
                self.ended = !text.read_some(&mut *self.input, wanted - start)?;
            } else {
                text.extend_from_slice(&self.ahead);
                self.ahead.clear();
            }
            if !self.is_open() || text[start..].is_ascii() {
                continue;
            }
            let at = text[start..].iter().take_while(|byte| byte.is_ascii()).count();
            self.ahead.extend_from_slice(&text[start + at..]);
            text.truncate(start + at);
            while !self.ended && self.ahead.len() < SAMPLE {
                let missing = SAMPLE - self.ahead.len();
                self.ended = !self.ahead.read_some(&mut *self.input, missing)?;
            }
            self.state = match guess(&self.ahead[..self.ahead.len().min(SAMPLE)]) {
                None => DecodeState::Utf8,
                Some(encoding) => {
                    self.guessed = true;
                    DecodeState::of(encoding)
                }
            };
        }
        Ok(!(self.ended && self.ahead.is_empty()))
    }

    fn is_open(&self) -> bool {
        matches!(self.state, DecodeState::Open)
    }
}

impl DecodeState {
    fn of(encoding: &'static Encoding) -> Self {
        if encoding == UTF_8 {
            return Self::Utf8;
        }
        Self::Other(Box::new(encoding.new_decoder_without_bom_handling()), encoding)
    }
}

/// UTF-16 without a mark: of a table, mostly ASCII, every second byte is zero.
fn without_mark(start: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = start.len() / 2;
    match () {
        () if half < 4 => None,
        () if odd * 10 > half * 7 && even * 10 < half => Some(UTF_16LE),
        () if even * 10 > half * 7 && odd * 10 < half => Some(UTF_16BE),
        () => None,
    }
}

/// The encoding of a sample that begins with a byte which is not ASCII; none where it is UTF-8.
///
/// Hardly any text in another encoding holds valid sequences of UTF-8, so a text with more valid than invalid ones is
/// damaged UTF-8, and its damage becomes findings.
fn guess(sample: &[u8]) -> Option<&'static Encoding> {
    let (mut valid, mut invalid) = (0u64, 0u64);
    for chunk in sample.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        invalid += u64::from(!chunk.invalid().is_empty());
    }
    // A sample may end within a character.
    let cut = std::str::from_utf8(sample).is_err_and(|error| error.error_len().is_none());
    if invalid <= valid + u64::from(cut) {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    Some(detector.guess(None, Utf8Detection::Deny))
}

/// Returns an encoding by its name, such as `windows-1252` or `utf-16le`.
pub fn encoding(name: &str) -> crate::error::Result<&'static Encoding> {
    Encoding::for_label(name.trim().as_bytes()).ok_or_else(|| {
        let known = [
            "utf-8",
            "windows-1252",
            "iso-8859-1",
            "utf-16le",
            "utf-16be",
            "windows-1250",
            "windows-1251",
            "windows-1256",
        ];
        crate::error::Error::failed(format!("there is no encoding `{name}`")).hint(crate::error::suggest(name, &known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text and the encoding that are read, in pieces of a few bytes each.
    fn read(bytes: &[u8], stated: Option<&'static Encoding>) -> (String, &'static str, bool) {
        let mut decode = Decode::new(Box::new(std::io::Cursor::new(bytes.to_vec())), stated).unwrap();
        let mut text = TextBuffer::default();
        let mut wanted = 7;
        while decode.fill(&mut text, wanted).unwrap() {
            wanted += 7;
        }
        (String::from_utf8(text.into_vec()).unwrap(), decode.encoding().name(), decode.guessed())
    }

    #[test]
    fn what_is_marked_or_said_is_not_guessed() {
        let text = "país,año\nEspaña,2023\n";
        let latin = encoding_rs::WINDOWS_1252.encode(text).0;
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xff\xfe", utf16.as_slice()].concat();
        let utf8 = ["\u{feff}", text].concat();
        assert_eq!(read(utf8.as_bytes(), None), (text.into(), "UTF-8", false));
        assert_eq!(read(&marked, None), (text.into(), "UTF-16LE", false));
        assert_eq!(read(&utf16, None), (text.into(), "UTF-16LE", true));
        assert_eq!(read(&latin, Some(encoding_rs::WINDOWS_1252)), (text.into(), "windows-1252", false));
        assert_eq!(read(&latin, None), (text.into(), "windows-1252", true));
        assert_eq!(read(b"a,b\n1,2\n", None), ("a,b\n1,2\n".into(), "UTF-8", false));
    }

    #[test]
    fn the_first_byte_that_matters_decides_however_late_it_comes() {
        let text = format!("{}Panamá, Perú, España, República Dominicana\n", "x,y\n".repeat(50_000));
        let latin = encoding_rs::WINDOWS_1252.encode(&text).0;
        assert_eq!(read(&latin, None), (text.clone(), "windows-1252", true));
        assert_eq!(read(text.as_bytes(), None), (text, "UTF-8", false));
        for (text, encoding) in [
            ("страна;год\nУкраина;2023\nРоссия;2022\nБеларусь;2021\n", encoding_rs::WINDOWS_1251),
            ("kraj;płeć\nŁotwa;kobieta\nWęgry;mężczyzna\nSłowacja;dziewczyna\n", encoding_rs::WINDOWS_1250),
        ] {
            let bytes = encoding.encode(text).0;
            assert_eq!(read(&bytes, None), (text.to_owned(), encoding.name(), true));
        }
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let bytes = [&"Perú\nEspaña\nMéxico\n".repeat(9).into_bytes()[..], b"Espa\xf1a\n"].concat();
        let mut decode = Decode::new(Box::new(std::io::Cursor::new(bytes.clone())), None).unwrap();
        let mut text = TextBuffer::default();
        while decode.fill(&mut text, 1 << 20).unwrap() {}
        assert_eq!((text.into_vec(), decode.encoding().name()), (bytes, "UTF-8"));
    }
}

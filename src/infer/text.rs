//! The text of a draft, and the questions that its lines ask.

use std::fmt;

/// How much an open question matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Records are rejected, or nothing can be read, until it is answered.
    Required,
    /// Values stay unknown until it is answered.
    Useful,
}

/// A question that a person has to answer, and the line where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The line of the draft, counted from 1.
    pub line: usize,
    /// What is asked. It holds headings of the file, and no values.
    pub text: String,
    /// How much it matters.
    pub need: Need,
}

/// A draft that was written, with its open questions in the order of its lines.
#[derive(Clone, Debug, Default)]
pub struct DraftedFile {
    /// The file as TOML.
    pub text: String,
    /// What a person has to decide.
    pub questions: Vec<Question>,
}

/// A draft while it is written. Places of questions are kept as bytes, because parts are put together in any order.
#[derive(Default)]
pub(super) struct DraftText {
    text: String,
    asked: Vec<(usize, String, Need)>,
}

impl DraftText {
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Asks a question about the line that is written next.
    pub fn ask(&mut self, need: Need, text: impl Into<String>) {
        self.asked.push((self.text.len(), text.into(), need));
    }

    /// Adds another text behind this one.
    pub fn append(&mut self, other: Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.asked.extend(other.asked.into_iter().map(|(at, text, need)| (start + at, text, need)));
    }

    /// Adds another text as comments.
    pub fn append_commented(&mut self, other: Self) {
        let mut asked = other.asked.into_iter().peekable();
        let mut at = 0;
        for line in other.text.split_inclusive('\n') {
            while let Some((_, text, need)) = asked.next_if(|(place, ..)| *place < at + line.len()) {
                self.asked.push((self.text.len(), text, need));
            }
            at += line.len();
            self.text.push_str(if line.starts_with('#') { "" } else { "# " });
            self.text.push_str(line);
        }
        self.asked.extend(asked.map(|(_, text, need)| (self.text.len(), text, need)));
    }

    /// Returns the text without its questions, where another one is asked in their place.
    pub fn without_questions(self) -> Self {
        Self { text: self.text, asked: Vec::new() }
    }

    /// Returns the draft with the lines of its questions.
    pub fn finish(self) -> DraftedFile {
        let mut asked = self.asked;
        asked.sort_by_key(|(at, ..)| *at);
        let line = |at: usize| self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let questions = asked.into_iter().map(|(at, text, need)| Question { line: line(at), text, need }).collect();
        DraftedFile { text: self.text, questions }
    }
}

impl fmt::Write for DraftText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_keep_their_lines_when_parts_are_joined() {
        let mut part = DraftText::default();
        part.push_str("a\n");
        part.ask(Need::Useful, "second");
        part.push_str("b\nc\n");
        let mut all = DraftText::default();
        all.push_str("title\n");
        let mut commented = DraftText::default();
        commented.push_str("x\n");
        commented.ask(Need::Required, "inner");
        commented.push_str("# ? y\n");
        all.append_commented(commented);
        all.append(part);
        let draft = all.finish();
        assert_eq!(draft.text, "title\n# x\n# ? y\na\nb\nc\n");
        let lines: Vec<_> = draft.questions.iter().map(|question| (question.line, question.text.as_str())).collect();
        assert_eq!(lines, [(3, "inner"), (5, "second")]);
    }
}

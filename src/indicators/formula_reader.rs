//! Reads formulas: a descent by the grammar of `formula`.

use super::formula::{Choice, Formula, Gather, Operator};
use crate::error::{Error, Result};
use crate::limits;

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// What was expected, and at which character.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > limits::FORMULA {
            return Err(Error::refused("schema/check", "the formula has more than 4,096 bytes"));
        }
        let mut reader = FormulaReader { text, at: 0, depth: 0, joins: 0 };
        let formula = reader.formula()?;
        reader.space();
        if reader.at < text.len() { Err(reader.expected("an operator or the end")) } else { Ok(formula) }
    }
}

struct FormulaReader<'a> {
    text: &'a str,
    at: usize,
    /// Parentheses and signs that are open.
    depth: usize,
    joins: usize,
}

impl<'a> FormulaReader<'a> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn expected(&self, what: &str) -> Error {
        let found = match self.rest().chars().next() {
            Some(character) => format!("`{character}`"),
            None => "the end".to_owned(),
        };
        let column = self.text[..self.at].chars().count() + 1;
        Error::refused(
            "schema/check",
            format!("the formula `{}` has {found} at character {column}, where {what} is expected", self.text),
        )
    }

    fn take(&mut self, sign: char) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len_utf8() } else { 0 };
        found
    }

    fn must(&mut self, sign: char) -> Result<()> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn word(&mut self, also: &str) -> &'a str {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || also.contains(c))).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn formula(&mut self) -> Result<Formula> {
        let mut left = self.term()?;
        loop {
            let operator = if self.take('+') {
                Operator::Add
            } else if self.take('-') {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = self.join(operator, left, Self::term)?;
        }
    }

    fn term(&mut self) -> Result<Formula> {
        let mut left = self.factor()?;
        loop {
            let operator = if self.take('*') {
                Operator::Multiply
            } else if self.take('/') {
                Operator::Divide
            } else {
                return Ok(left);
            };
            left = self.join(operator, left, Self::factor)?;
        }
    }

    fn join(&mut self, operator: Operator, left: Formula, right: fn(&mut Self) -> Result<Formula>) -> Result<Formula> {
        self.joins += 1;
        if self.joins > limits::FORMULA_JOINS {
            return Err(self.expected("the end, after 256 operators"));
        }
        Ok(Formula::Join(operator, Box::new(left), Box::new(right(self)?)))
    }

    /// Every reader of a formula follows it by recursion, so it is not deep.
    fn factor(&mut self) -> Result<Formula> {
        if self.depth == limits::FORMULA_DEPTH {
            return Err(self.expected("the end, after 32 levels of parentheses"));
        }
        self.depth += 1;
        let factor = self.open_factor();
        self.depth -= 1;
        factor
    }

    fn open_factor(&mut self) -> Result<Formula> {
        if self.take('(') {
            let inner = self.formula()?;
            self.must(')')?;
            return Ok(inner);
        }
        if self.take('-') {
            let factor = self.factor()?;
            if let Formula::Number(number) = factor {
                return Ok(Formula::Number(-number));
            }
            return Ok(Formula::Join(Operator::Multiply, Box::new(Formula::Number(-1.0)), Box::new(factor)));
        }
        self.space();
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return self.number().map(Formula::Number);
        }
        let start = self.at;
        match self.word("") {
            "count" => self.choices().map(Formula::Count),
            "population" => self.choices().map(Formula::Population),
            "mean" => self.over(Gather::Mean),
            "median" => self.over(Gather::Median),
            "sum" => self.over(Gather::Sum),
            "areas" => {
                self.must('(')?;
                let lower = self.number()?;
                let upper = if self.take(',') { Some(self.number()?) } else { None };
                self.must(')')?;
                Ok(Formula::Areas(lower, upper))
            }
            "codes" => {
                self.must('(')?;
                let dimension = self.word("").to_owned();
                if dimension.is_empty() {
                    return Err(self.expected("a dimension"));
                }
                self.must(')')?;
                Ok(Formula::Codes(dimension))
            }
            word => {
                self.at = start;
                let names = ["count", "population", "mean", "median", "sum", "areas", "codes"];
                let error = self.expected("a number, a cell or a function");
                Err(if word.is_empty() { error } else { error.hint(crate::error::suggest(word, &names)) })
            }
        }
    }

    fn number(&mut self) -> Result<f64> {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        // So many digits that the number is infinite are none.
        let number = rest[..end].parse().ok().filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| self.expected("a number"))?;
        self.at += end;
        Ok(number)
    }

    fn over(&mut self, gather: Gather) -> Result<Formula> {
        self.must('(')?;
        let inner = self.formula()?;
        self.must(')')?;
        if inner.any(|part| matches!(part, Formula::Over(..) | Formula::Areas(..))) {
            return Err(Error::refused(
                "schema/check",
                format!("the formula `{}` brings countries together twice", self.text),
            ));
        }
        Ok(Formula::Over(gather, Box::new(inner)))
    }

    fn choices(&mut self) -> Result<Vec<Choice>> {
        let mut choices: Vec<Choice> = Vec::new();
        if !self.take('[') {
            return Ok(choices);
        }
        loop {
            let dimension = self.word("").to_owned();
            if dimension.is_empty() {
                return Err(self.expected("a dimension"));
            }
            self.must('=')?;
            let mut codes = Vec::new();
            loop {
                let code = self.word("-@").to_owned();
                if code.is_empty() {
                    return Err(self.expected("a code"));
                }
                codes.push(code);
                if !self.take('+') {
                    break;
                }
            }
            if choices.iter().any(|choice| choice.dimension == dimension) {
                return Err(self.expected("another dimension"));
            }
            choices.push(Choice { dimension, codes });
            if !self.take(',') {
                break;
            }
        }
        self.must(']')?;
        choices.sort();
        Ok(choices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_read_and_written() {
        for text in [
            "count",
            "100 * count / count[SEX=_K]",
            "100 * count / count[AGE=Y0T17+Y_GE18, SEX=F+M]",
            "100 * count / count[TIME_PERIOD=first]",
            "100 * (count / count[TIME_PERIOD=-1] - 1)",
            "100000 * count / population",
            "100000 * count / population[AGE=_T, SEX=_T]",
            "median(100 * count / count[FORM=_K])",
            "sum(count) - count[FORM=SEX]",
            "areas(1)",
            "areas(10, 50)",
            "codes(ORIGIN)",
            "1 - (2 - 3)",
            "1 / (2 * 3)",
        ] {
            let formula = Formula::parse(text).unwrap();
            assert_eq!(formula.to_string(), text);
            assert_eq!(Formula::parse(&formula.to_string()).unwrap(), formula);
        }
        assert_eq!(Formula::parse("-count").unwrap(), Formula::parse("-1*count").unwrap());
    }

    #[test]
    fn a_share_is_known_for_one() {
        let share = |text| Formula::parse(text).unwrap().share_of().map(|(factor, whole)| (factor, whole.len()));
        assert_eq!(share("100 * count / count[SEX=_K]"), Some((100.0, 1)));
        assert_eq!(share("100 * (count / count[AGE=_K, SEX=_K])"), Some((100.0, 2)));
        for text in [
            "count",
            "count / population",
            "count / count[TIME_PERIOD=first]",
            "count[SEX=F] / count[SEX=M]",
            "100 * count / count",
        ] {
            assert_eq!(share(text), None, "{text}");
        }
    }

    #[test]
    fn errors_name_their_place() {
        for (text, message) in [
            ("", "the formula `` has the end at character 1, where a number, a cell or a function is expected"),
            (
                "count +",
                "the formula `count +` has the end at character 8, where a number, a cell or a function is expected",
            ),
            ("cuont", "the formula `cuont` has `c` at character 1, where a number, a cell or a function is expected"),
            ("count[SEX]", "the formula `count[SEX]` has `]` at character 10, where `=` is expected"),
            ("count[SEX=]", "the formula `count[SEX=]` has `]` at character 11, where a code is expected"),
            ("(count", "the formula `(count` has the end at character 7, where `)` is expected"),
            ("1 2", "the formula `1 2` has `2` at character 3, where an operator or the end is expected"),
            ("codes()", "the formula `codes()` has `)` at character 7, where a dimension is expected"),
            ("mean(median(count))", "the formula `mean(median(count))` brings countries together twice"),
        ] {
            assert_eq!(Formula::parse(text).unwrap_err().to_string(), message);
        }
        // A number that no value can hold would be written as `inf`, which is not a number.
        let infinite = Formula::parse(&format!("2 * {}", "9".repeat(400))).unwrap_err().to_string();
        assert!(infinite.ends_with("has `9` at character 5, where a number is expected"), "{infinite}");
    }
}

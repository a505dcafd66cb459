//! Bars: as long as the number, to a pixel, and never cut off.

use maud::{Markup, html};

/// The longest bar in pixels.
pub(super) const LONGEST: f64 = 160.0;

const HEIGHT: u32 = 12;

/// What a bar shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bar {
    pub lower: f64,
    /// The same as the lower bound where the number is known.
    pub upper: f64,
    /// Whether it is of a group whose parts have bars of their own.
    pub is_group: bool,
}

impl Bar {
    /// Draws the bar. A bar of `longest` has the full length.
    pub fn draw(&self, longest: f64) -> Markup {
        let pixels = |number: f64| (number / longest * LONGEST * 10.0).round() / 10.0;
        let (solid, end) = (pixels(self.lower), pixels(self.upper));
        let class = if self.is_group { "group" } else { "bar" };
        html! {
            svg width=(LONGEST) height=(HEIGHT) aria-hidden="true" focusable="false" {
                @if solid > 0.0 { rect class=(class) width=(solid) height=(HEIGHT) {} }
                @if end > solid { rect class="span" x=(solid) width=(((end - solid) * 10.0).round() / 10.0) height=(HEIGHT) {} }
            }
        }
    }
}

/// Returns the patterns that the bars of a page use.
pub(super) fn patterns() -> Markup {
    html! {
        svg width="0" height="0" aria-hidden="true" focusable="false" class="defs" {
            defs {
                pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect class="bar" width="2" height="5" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_number() {
        let bar = Bar { lower: 30.0, upper: 45.0, is_group: false }.draw(60.0).into_string();
        assert!(bar.contains("class=\"bar\" width=\"80\"") && bar.contains("x=\"80\" width=\"40\""), "{bar}");
        let exact = Bar { lower: 60.0, upper: 60.0, is_group: true }.draw(60.0).into_string();
        assert!(exact.contains("class=\"group\" width=\"160\"") && !exact.contains("span"), "{exact}");
    }
}

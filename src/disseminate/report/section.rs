//! One table of a report, with its bars, and what it shows by year and by country.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::cell::{NumberKind, figure};
use super::chart::Bar;
use super::text::{ByLanguage, EscapedText, Reader, TEXTS};
use super::view::TableView;
use crate::disseminate::labels::NodeLabels;
use crate::indicators::Indicator;
use crate::protect::Observation;

/// A matrix has so many columns of parts.
const MOST_PARTS: usize = 8;

/// One table of a report.
pub(super) struct Section<'a> {
    pub view: &'a TableView<'a>,
    pub reader: Reader<'a>,
    /// Its number in the report.
    pub number: usize,
}

impl Section<'_> {
    fn indicator(&self) -> &Indicator {
        self.view.table.indicator()
    }

    fn label(&self, d: usize, node: u16) -> String {
        let names = NodeLabels { table: self.view.table, about: self.reader.about };
        names.label(d, usize::from(node), self.reader.index)
    }

    /// Returns the name of a line.
    fn name(&self, nodes: &[u16]) -> String {
        let labels = self.view.subjects.iter().map(|&d| self.label(d, nodes[d]));
        labels.collect::<Vec<_>>().join(", ")
    }

    fn name_of(&self, number: &str) -> String {
        self.reader.fill(&TEXTS.table, &[number])
    }

    fn period(&self, period: u16) -> String {
        match (self.view.time, period) {
            (Some(_), 0) | (None, _) => self.reader.say(&TEXTS.all_years).to_owned(),
            (Some(time), period) => self.label(time, period),
        }
    }

    /// Returns the section.
    pub fn html(&self) -> Markup {
        let (indicator, reader) = (self.indicator(), self.reader);
        let id = &indicator.id;
        html! {
            section aria-labelledby=(format!("h-{id}")) {
                h2 id=(format!("h-{id}")) { (self.number) ". " (reader.schema_text(&indicator.title)) }
                @if !indicator.note.is_empty() { p { (reader.schema_text(&indicator.note)) } }
                @if self.view.is_uncollected() {
                    p { (reader.say(&TEXTS.uncollected)) }
                } @else {
                    @for (at, area) in self.view.areas().enumerate() { (self.lines(area, at)) }
                    @let period = self.view.period(0);
                    @let parts = self.parts(period);
                    (self.by_year(&parts))
                    (self.by_country(&parts, period))
                }
                p.q {
                    (EscapedText(&reader.fill(&TEXTS.source, &[reader.about.release]))) " " (reader.say(&TEXTS.data)) ": "
                    a href=(format!("tables/{id}.csv")) { "CSV" } ", " a href=(format!("tables/{id}.parquet")) { "Parquet" }
                }
            }
        }
    }

    /// Returns the lines of an area.
    fn lines(&self, area: u16, at: usize) -> Markup {
        let (view, reader) = (self.view, self.reader);
        let period = view.period(area);
        let lines = view.lines(area, period);
        let columns = view.columns(&lines);
        let Some(&first) = columns.first() else { return html! {} };
        let bars = Bars::of(view, first, &lines);
        let number = if at == 0 { self.number.to_string() } else { format!("{}.{}", self.number, at + 1) };
        let areas = lines.first().and_then(|nodes| view.row(first, nodes)).and_then(|row| row.areas);
        let measures = &self.indicator().measures;
        let head = if view.is_of_areas() { &TEXTS.area } else { &TEXTS.group };
        let title = self.name_of(&number);
        html! {
            div.scroll role="region" tabindex="0" aria-label=(title) { table {
                caption {
                    b { (title) ". " }
                    @if !view.is_of_areas() { (EscapedText(&self.label(0, area))) ", " }
                    (EscapedText(&self.period(period)))
                    @if let (false, Some(areas)) = (view.is_of_areas(), areas.filter(|areas| *areas > 1)) {
                        ", " (reader.fill(&TEXTS.reporting_areas, &[&areas.to_string()]))
                    }
                }
                thead { tr {
                    th scope="col" { (reader.say(head)) }
                    @for &measure in &columns { th scope="col" { (reader.schema_text(&measures[measure].title)) } }
                    @if view.is_of_areas() { th scope="col" { (reader.say(&TEXTS.areas)) } }
                    th.chart scope="col" { (reader.say(&TEXTS.chart)) }
                } }
                tbody {
                    @for nodes in &lines {
                        @let (depth, _) = view.depth(nodes);
                        tr {
                            th scope="row" class=[(depth > 0).then(|| format!("d{}", depth.min(3)))] { (EscapedText(&self.name(nodes))) }
                            @for &measure in &columns { td { (figure(view.row(measure, nodes), NumberKind::of_unit(&measures[measure].unit))) } }
                            @if view.is_of_areas() { td { @if let Some(areas) = view.row(first, nodes).and_then(|row| row.areas) { (areas) } } }
                            td.chart { (bars.draw(nodes)) }
                        }
                    }
                }
            } }
            @if bars.is_any_wide() { p.q { (reader.say(&TEXTS.wide)) } }
        }
    }

    /// Returns the columns of a matrix: the parts with a share, or the measures of areas.
    fn parts(&self, period: u16) -> Vec<MatrixColumn> {
        let view = self.view;
        let lines = view.lines(0, period);
        if view.is_of_areas() {
            let title = |measure: usize| self.reader.schema_text(&self.indicator().measures[measure].title);
            let columns = view.columns(&lines).into_iter();
            return columns.map(|measure| MatrixColumn { title: title(measure), measure, codes: Vec::new() }).collect();
        }
        let Some(share) = view.share() else { return Vec::new() };
        let is_shown = |nodes: &&&[u16]| {
            let (depth, is_part) = view.depth(nodes);
            depth == 0 && is_part && view.row(share, nodes).is_some()
        };
        let parts = lines.iter().filter(is_shown).map(|nodes| MatrixColumn {
            title: html! { (EscapedText(&self.name(nodes))) " %" },
            measure: share,
            codes: view.subjects.iter().map(|&d| (d, nodes[d])).collect(),
        });
        parts.collect()
    }

    fn by_year(&self, parts: &[MatrixColumn]) -> Markup {
        let Some(time) = self.view.time else { return html! {} };
        let rows = self.view.years().map(|year| (self.label(time, year), (0, year)));
        self.matrix(parts, [&TEXTS.by_year, &TEXTS.year], rows.collect())
    }

    fn by_country(&self, parts: &[MatrixColumn], period: u16) -> Markup {
        if self.view.is_of_areas() {
            return html! {};
        }
        let rows = self.view.countries().map(|area| (self.label(0, area), (area, period)));
        self.matrix(parts, [&TEXTS.by_country, &TEXTS.country], rows.collect())
    }

    /// Returns the parts of areas and periods, folded up.
    fn matrix(
        &self,
        parts: &[MatrixColumn],
        [title, head]: [&ByLanguage; 2],
        rows: Vec<(String, (u16, u16))>,
    ) -> Markup {
        let (view, reader) = (self.view, self.reader);
        if parts.is_empty() || parts.len() > MOST_PARTS {
            return html! {};
        }
        let width = view.dimensions().len();
        let cells = |(area, period): (u16, u16)| -> Vec<Option<&Observation>> {
            let cell = |part: &MatrixColumn| {
                let mut nodes = vec![0; width];
                nodes[0] = area;
                view.time.into_iter().for_each(|time| nodes[time] = period);
                part.codes.iter().for_each(|&(d, node)| nodes[d] = node);
                view.row(part.measure, &nodes)
            };
            parts.iter().map(cell).collect()
        };
        let rows: Vec<(String, Vec<Option<&Observation>>)> = rows
            .into_iter()
            .map(|(name, place)| (name, cells(place)))
            .filter(|(_, cells)| cells.iter().flatten().any(|row| row.value.is_some() || row.lower.is_some()))
            .collect();
        if rows.len() < 2 {
            return html! {};
        }
        let measures = &self.indicator().measures;
        html! {
            details {
                summary { (reader.say(title)) }
                div.scroll role="region" tabindex="0" aria-label=(reader.say(title)) { table {
                    thead { tr {
                        th scope="col" { (reader.say(head)) }
                        @for part in parts { th scope="col" { (part.title) } }
                        th scope="col" { (reader.say(&TEXTS.areas)) }
                    } }
                    tbody { @for (name, cells) in &rows { tr {
                        th scope="row" { (EscapedText(name)) }
                        @for (part, row) in parts.iter().zip(cells) { td { (figure(*row, NumberKind::of_unit(&measures[part.measure].unit))) } }
                        td { @if let Some(areas) = cells.iter().flatten().find_map(|row| row.areas) { (areas) } }
                    } } }
                } }
            }
        }
    }
}

/// A column of a matrix.
struct MatrixColumn {
    title: Markup,
    measure: usize,
    /// Dimensions with the nodes that differ from the total.
    codes: Vec<(usize, u16)>,
}

/// The lower bound of a line, and the upper one where there is one.
type LineBounds = (f64, Option<f64>);

/// The bars of some lines.
struct Bars<'a> {
    /// By line; none where its interval says too little to be drawn.
    by_line: BTreeMap<&'a [u16], Option<Bar>>,
    longest: f64,
}

impl<'a> Bars<'a> {
    fn of(view: &TableView<'a>, measure: usize, lines: &[&'a [u16]]) -> Self {
        let bounds = |row: &Observation| {
            let lower = row.value.or(row.lower)?;
            Some((lower.max(0.0), row.value.or(row.upper)))
        };
        let parts: Vec<(&[u16], LineBounds)> = lines
            .iter()
            .filter(|nodes| view.depth(nodes).1)
            .filter_map(|nodes| Some((*nodes, bounds(view.row(measure, nodes)?)?)))
            .collect();
        let known = parts.iter().map(|(_, (lower, _))| *lower).fold(0.0, f64::max);
        // An interval from nothing to more than any number that is known says nothing.
        let bar = |nodes: &[u16], (lower, upper): LineBounds| {
            let upper = upper.filter(|upper| lower > 0.0 || *upper <= known)?;
            Some(Bar { lower, upper, is_group: view.is_group(nodes, lines) })
        };
        let by_line: BTreeMap<_, _> = parts.into_iter().map(|(nodes, bounds)| (nodes, bar(nodes, bounds))).collect();
        let longest = by_line.values().flatten().map(|bar| bar.upper).fold(known, f64::max);
        Self { by_line, longest }
    }

    fn is_any_wide(&self) -> bool {
        self.by_line.values().any(Option::is_none)
    }

    fn draw(&self, nodes: &[u16]) -> Markup {
        match self.by_line.get(nodes) {
            Some(Some(bar)) if self.longest > 0.0 => bar.draw(self.longest),
            Some(None) => html! { span.q { "◇" } },
            _ => html! {},
        }
    }
}

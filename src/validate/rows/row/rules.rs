//! The rules that a cell can break.

use crate::finding::Rule;

/// Rules that a cell can break, looked up once.
pub(in crate::validate::rows) struct CellRules {
    pub missing: Rule,
    pub not_in_codelist: Rule,
    pub recoded: Rule,
    pub damaged: Rule,
    pub no_value: Rule,
    pub blank: Rule,
    pub no_value_by_flag: Rule,
    pub several: Rule,
    pub passed_over: Rule,
    pub repeated_header: Rule,
    pub not_in_pack: Rule,
    pub prohibited: Rule,
    pub not_a_flag: Rule,
    pub not_a_count: Rule,
    pub not_a_date: Rule,
    pub date_order: Rule,
    pub too_old: Rule,
    pub wide_mask: Rule,
    pub zero_declared: Rule,
    pub not_utf8: Rule,
    pub contradiction: Rule,
    pub error_id: Rule,
    pub rounded_id: Rule,
    pub object_id: Rule,
    pub placeholder_date: Rule,
    pub ragged: Rule,
    pub empty: Rule,
}

impl CellRules {
    pub fn new() -> Self {
        Self {
            missing: Rule::named("cell/missing"),
            not_in_codelist: Rule::named("cell/not-in-codelist"),
            recoded: Rule::named("cell/recoded-unknown"),
            damaged: Rule::named("cell/damaged-text"),
            no_value: Rule::named("cell/no-figure"),
            blank: Rule::named("figure/blank"),
            no_value_by_flag: Rule::named("figure/flagged-missing"),
            several: Rule::named("cell/several"),
            repeated_header: Rule::named("file/repeated-header"),
            passed_over: Rule::named("record/passed-over"),
            not_in_pack: Rule::named("cell/not-in-pack"),
            prohibited: Rule::named("cell/collection-prohibited"),
            not_a_flag: Rule::named("cell/not-a-flag"),
            not_a_count: Rule::named("cell/not-a-count"),
            not_a_date: Rule::named("cell/not-a-date"),
            date_order: Rule::named("cell/date-order"),
            too_old: Rule::named("cell/too-old"),
            wide_mask: Rule::named("cell/wide-mask"),
            zero_declared: Rule::named("record/zero-declared"),
            not_utf8: Rule::named("cell/not-utf8"),
            contradiction: Rule::named("record/contradiction"),
            error_id: Rule::named("cell/error-id"),
            rounded_id: Rule::named("cell/rounded-id"),
            object_id: Rule::named("cell/object-id"),
            placeholder_date: Rule::named("cell/placeholder-date"),
            ragged: Rule::named("record/ragged"),
            empty: Rule::named("record/empty"),
        }
    }
}

//! Pages of `explain` that are not about a rule: how tables, packs and profiles are written.

/// One page.
pub struct Page {
    /// What is typed.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// The page.
    pub text: &'static str,
}

/// The page whose text is in `pages/NAME.md`.
macro_rules! page {
    ($name:literal, $title:literal) => {
        Page { name: $name, title: $title, text: include_str!(concat!("pages/", $name, ".md")) }
    };
}

/// All pages.
pub const ALL: [Page; 7] = [
    page!("exchange", "how countries are combined without sharing records"),
    page!("indicators", "how to add a table and its formulas"),
    page!("layouts", "what a profile states about its file, and how published figures are read"),
    page!("packs", "how to write a country's own lists in twenty minutes"),
    page!("profiles", "how to describe the layout of a file, without programming"),
    page!("quarantine", "what is kept of rejected records, and how they are corrected"),
    page!("signatures", "what a digest shows of a release, and how a release is signed"),
];

#[cfg(test)]
mod tests {
    use tipstat::internals::indicators::Indicator;
    use tipstat::internals::pipeline::Config;
    use tipstat::internals::schema::{Pack, Profile, Record, Registry, check};

    use super::ALL;

    /// The examples of a page: the words after the fence, and the lines within it.
    fn examples(name: &str) -> Vec<(&'static str, String)> {
        let page = ALL.iter().find(|page| page.name == name).unwrap();
        let parts: Vec<_> = page.text.split("```").collect();
        assert!(parts.len() % 2 == 1, "a fence is not closed");
        let blocks = parts.iter().skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
        blocks.filter(|(info, _)| info.starts_with("toml")).map(|(info, text)| (info, text.to_owned())).collect()
    }

    /// A folder of schemas with one file.
    fn with(folder: &str, name: &str, text: &str) -> (tempfile::TempDir, Registry) {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::create_dir(temporary.path().join(folder)).unwrap();
        std::fs::write(temporary.path().join(folder).join(name), text).unwrap();
        let registry = Registry::with_folder(temporary.path().to_path_buf()).unwrap();
        (temporary, registry)
    }

    /// What every profile needs, after the example's own maps.
    const VICTIM: &str = "[[map]]\nfield = \"year\"\ncolumn = \"fecha_deteccion\"\n[[map]]\nfield = \"sex\"\nconstant = \"_U\"\n\
        [[map]]\nfield = \"age\"\ncolumn = \"fecha_nacimiento\"\nborn_before = \"fecha_deteccion\"\n";
    const FIGURE: &str = "[[map]]\nfield = \"year\"\ncolumn = \"Year\"\n";
    const UNIT: &str = "[[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n";
    const VALUE: &str =
        "[[map]]\nfield = \"subject\"\nconstant = \"VICTIMS\"\n[[map]]\nfield = \"value\"\ncolumn = \"Value\"\n";

    #[test]
    fn examples_of_profiles_are_profiles() {
        let all = [examples("profiles"), examples("layouts")].concat();
        assert!(all.len() >= 20);
        for (info, text) in all {
            let is_figure = info.contains("figure");
            let record = if is_figure { "figure@1" } else { "victim@1" };
            let head = format!("id = \"x\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"{record}\"\n");
            let maps = match is_figure {
                true if text.contains("[[series]]") => [FIGURE, UNIT].concat(),
                true => [FIGURE, UNIT, VALUE].concat(),
                false => VICTIM.to_owned(),
            };
            let head = if text.contains("record =") { String::new() } else { head };
            let file = format!("{head}{text}\n{maps}");
            let (_folder, registry) = with("profiles", "x.toml", &file);
            Profile::load(&registry, "x").unwrap_or_else(|error| panic!("{error:?}\n{file}"));
            check(&registry).unwrap_or_else(|error| panic!("{error:?}\n{file}"));
        }
    }

    #[test]
    fn examples_of_packs_are_packs() {
        let examples = examples("packs");
        assert!(!examples.is_empty());
        for (_, text) in examples {
            let head = "area = \"MEX\"\ntitle = \"Mexico\"\nsource = \"x\"\nverified = false\n";
            let file = if text.contains("area =") { text.clone() } else { format!("{head}{text}") };
            let (_folder, registry) = with("packs", "MEX.toml", &file);
            Pack::load(&registry, "MEX").unwrap_or_else(|error| panic!("{error:?}\n{text}"));
            check(&registry).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        }
    }

    #[test]
    fn examples_of_tables_are_tables() {
        let examples = examples("indicators");
        assert!(!examples.is_empty());
        let is_run_file = |info: &str| info.contains("run file");
        for (_, text) in examples.iter().filter(|(info, _)| is_run_file(info)) {
            let config: Config = toml::from_str(&format!("[release]\nid = \"x\"\ntitle = \"x\"\n{text}")).unwrap();
            config.coverage(&Record::load(&Registry::built_in(), "victim").unwrap()).unwrap();
        }
        for (_, text) in examples.into_iter().filter(|(info, _)| !is_run_file(info)) {
            let (_folder, registry) = with("indicators", "children-by-form.toml", &text);
            let table = Indicator::load(&registry, "children-by-form").unwrap_or_else(|error| panic!("{error:?}"));
            table.check(&Record::load(&registry, "victim").unwrap()).unwrap();
        }
    }

    #[test]
    fn pages_are_short() {
        for page in ALL {
            assert!(page.text.lines().count() <= 120, "{} has {} lines", page.name, page.text.lines().count());
        }
    }
}

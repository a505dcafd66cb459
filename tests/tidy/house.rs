//! The sources of the program as syntax trees, and the paths that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::support::{files_below, project, slashed};

/// All sources below `src`.
#[derive(Clone)]
pub struct House {
    pub sources: Vec<Source>,
    /// The crates that `Cargo.toml` names, as the sources write them.
    pub crates: BTreeSet<String>,
}

impl House {
    /// The sources as they are. They are read once.
    pub fn read() -> &'static Self {
        static HOUSE: OnceLock<House> = OnceLock::new();
        HOUSE.get_or_init(|| {
            let crates = crates();
            let folder = project().join("src");
            let files = files_below(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
            let sources = files.map(|path| {
                let name = slashed(&path).trim_end_matches(".rs").to_owned();
                Source::parse(name, std::fs::read_to_string(folder.join(path)).unwrap(), &crates)
            });
            Self { sources: sources.collect(), crates }
        })
    }

    /// The sources with one of them changed.
    pub fn changed(&self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let mut house = self.clone();
        let source = house.sources.iter_mut().find(|source| source.name == name);
        let source = source.unwrap_or_else(|| panic!("no source `{name}`"));
        let text = change(&source.text);
        assert_ne!(text, source.text, "the change changes nothing");
        *source = Source::parse(name.to_owned(), text, &self.crates);
        house
    }
}

/// The dependencies of the program, without those of its tests.
fn crates() -> BTreeSet<String> {
    let text = std::fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let of_a_table =
        |line: &str| line == "[dependencies]" || line.starts_with("[target.") && line.ends_with(".dependencies]");
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = of_a_table(line);
        } else if let (true, Some((name, _))) = (inside, line.split_once(" = ")) {
            names.insert(name.replace('-', "_"));
        }
    }
    names
}

/// One file, and what its program says without the unit tests.
#[derive(Clone)]
pub struct Source {
    /// Its path below `src`, without the ending.
    pub name: String,
    pub text: String,
    /// Everything that it names from outside the file, as absolute paths: `crate::model::Code`, `std::fs::write`. A name that
    /// was imported is followed to what it stands for.
    pub names: BTreeSet<String>,
    pub types: Types,
    /// The macros that it calls, with their text.
    pub macros: Vec<(String, String)>,
}

impl Source {
    pub fn parse(name: String, text: String, crates: &BTreeSet<String>) -> Self {
        let mut program = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        program.items.retain(|item| !is_test(attributes(item)) && !name.ends_with("/tests"));
        let mut module: Vec<String> = name.split('/').map(str::to_owned).collect();
        if ["mod", "lib", "main"].contains(&module.last().unwrap().as_str()) {
            module.pop();
        }
        let mut names = Names { module, imports: Vec::new(), paths: Vec::new() };
        names.visit_file(&program);
        let mut types = Types::default();
        types.visit_file(&program);
        let mut macros = Macros(Vec::new());
        macros.visit_file(&program);
        Self { name, text, names: names.resolve(crates), types, macros: macros.0 }
    }

    /// The room, which is the first folder or the file itself.
    pub fn room(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    /// Returns whether the file is in a room, in a folder of one, or is one of its files.
    pub fn is_in(&self, place: &str) -> bool {
        self.name == place || self.name.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The program without its comments.
    pub fn code(&self) -> String {
        if self.name.ends_with("/tests") {
            return String::new();
        }
        let program = self.text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = program.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

/// Collects imports and paths of one file.
struct Names {
    /// The module that is read.
    module: Vec<String>,
    /// The module, the local name and the path of each import.
    imports: Vec<(Vec<String>, String, Vec<String>)>,
    paths: Vec<(Vec<String>, Vec<String>)>,
}

impl Names {
    fn import(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let mut add = |local: &syn::Ident, path: Vec<String>| {
            let path = if path.last().is_some_and(|last| last == "self") { before.to_vec() } else { path };
            self.imports.push((self.module.clone(), local.to_string(), path));
        };
        match tree {
            syn::UseTree::Path(step) => self.import(&step.tree, &with(&step.ident)),
            syn::UseTree::Name(leaf) => {
                let local = if leaf.ident == "self" { before.last().cloned() } else { Some(leaf.ident.to_string()) };
                add(&syn::Ident::new(&local.unwrap_or_default(), leaf.ident.span()), with(&leaf.ident));
            }
            syn::UseTree::Rename(rename) => add(&rename.rename, with(&rename.ident)),
            syn::UseTree::Glob(_) => self.paths.push((self.module.clone(), [before, &["*".to_owned()]].concat())),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
        }
    }

    /// Reads `a::b::c` off the tokens of a macro or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut end = |path: &mut Vec<String>| {
            if path.len() > 1 {
                self.paths.push((self.module.clone(), path.clone()));
            }
            path.clear();
        };
        let mut inner = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    end(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        inner.push(group.stream());
                    }
                }
            }
        }
        end(&mut path);
        inner.into_iter().for_each(|tokens| self.tokens(tokens));
    }

    fn resolve(&self, crates: &BTreeSet<String>) -> BTreeSet<String> {
        let is_outside = |name: &str| crates.contains(name) || ["std", "core", "alloc"].contains(&name);
        let mut local: BTreeMap<(&[String], &str), &[String]> = BTreeMap::new();
        for (module, name, path) in &self.imports {
            local.insert((module, name), path);
        }
        let absolute = |module: &[String], path: &[String]| -> Option<Vec<String>> {
            let mut path = path.to_vec();
            let mut module = module.to_vec();
            // An import may name what another import brought.
            for _ in 0..4 {
                match local.get(&(&*module, &*path[0])) {
                    Some(import) if **import != path[..1] => path = [import, &path[1..]].concat(),
                    _ => break,
                }
            }
            match &*path[0] {
                "crate" => Some(path),
                "self" | "super" => {
                    let ups = path.iter().take_while(|part| *part == "super" || *part == "self");
                    let count = ups.clone().count();
                    for _ in ups.filter(|part| *part == "super") {
                        module.pop();
                    }
                    Some([&["crate".to_owned()], &module[..], &path[count..]].concat())
                }
                name if is_outside(name) => Some(path),
                _ => None,
            }
        };
        let imported = self.imports.iter().filter_map(|(module, _, path)| absolute(module, path));
        let named = self.paths.iter().filter_map(|(module, path)| absolute(module, path));
        imported.chain(named).map(|path| path.join("::")).collect()
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let local = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
        self.imports.push((self.module.clone(), local.to_string(), vec![item.ident.to_string()]));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // One name alone is a local one, or its import is read.
        if names.len() > 1 {
            self.paths.push((self.module.clone(), names));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.tokens(found.tokens.clone());
        visit::visit_macro(self, found);
    }

    fn visit_item_macro(&mut self, found: &'ast syn::ItemMacro) {
        self.tokens(found.mac.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }
}

/// What the types of a file can do.
#[derive(Clone, Default)]
pub struct Types {
    /// Each type with the last names of what it derives.
    pub derived: Vec<(String, Vec<String>)>,
    /// The last name of a trait, and of the type that has it.
    pub implemented: Vec<(String, String)>,
}

impl Types {
    fn add(&mut self, name: &syn::Ident, attributes: &[syn::Attribute]) {
        let mut derived = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
            let _ = attribute.parse_nested_meta(|meta| {
                derived.extend(meta.path.segments.last().map(|last| last.ident.to_string()));
                Ok(())
            });
        }
        self.derived.push((name.to_string(), derived));
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.ident, &item.attrs);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.ident, &item.attrs);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let (Some((name, _)), syn::Type::Path(path)) = (&item.trait_, &*item.self_ty) {
            let last = |path: &syn::Path| path.segments.last().unwrap().ident.to_string();
            self.implemented.push((last(name), last(&path.path)));
        }
        visit::visit_item_impl(self, item);
    }
}

struct Macros(Vec<(String, String)>);

impl<'ast> Visit<'ast> for Macros {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        let name = found.path.segments.last().unwrap().ident.to_string();
        self.0.push((name, found.tokens.to_string()));
    }
}

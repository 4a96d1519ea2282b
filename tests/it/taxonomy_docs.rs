//! `docs/taxonomies.md` is what the program's tables say.

#[test]
fn the_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/taxonomies.md");
    let page = taxonova::taxonomy::check::docs::page();
    if std::env::var_os("TAXONOVA_UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == page,
        "docs/taxonomies.md is not what the tables say: run TAXONOVA_UPDATE_DOCS=1 cargo test --release --test it taxonomy_docs"
    );
    for rule in taxonova::taxonomy::check::RULES {
        assert_eq!(page.lines().filter(|l| l.starts_with(&format!("| `{}` |", rule.name))).count(), 1, "{}", rule.name);
    }
}

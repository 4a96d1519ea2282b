//! `docs/formats.md` is what the tables of formats and bands say.

#[test]
fn the_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md");
    let page = taxonova::lightcurve::read::docs::page();
    if std::env::var_os("TAXONOVA_UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == page,
        "docs/formats.md is not what the tables say: run TAXONOVA_UPDATE_DOCS=1 cargo test --release --test it format_docs"
    );
    for f in taxonova::lightcurve::read::FORMATS {
        assert_eq!(page.matches(&format!("Name: `{}`.", f.name)).count(), 1, "{}", f.name);
    }
    for b in taxonova::lightcurve::band::BANDS {
        assert_eq!(page.lines().filter(|l| l.starts_with(&format!("| `{}` |", b.name))).count(), 1, "{}", b.name);
    }
}

use super::*;

fn default_catalog() -> Catalog {
    let mut catalog = Catalog::default();
    for (file, text) in embedded::FILES {
        let items = catalog.define(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for item in &items {
            catalog.apply(item);
        }
    }
    catalog
}

#[test]
fn the_embedded_files_make_a_catalog() {
    let mut catalog = Catalog::default();
    for item in Catalog::embedded().expect("the embedded files are right") {
        catalog.apply(&item);
    }
    assert_eq!(catalog.render(), default_catalog().render());
}

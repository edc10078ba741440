//! The expected output of the generator's golden cases compiles, to tools whose schemas are the expected ones.
//!
//! The cases themselves are in `codegen/tests/golden/`.

#![allow(missing_docs, unreachable_pub, reason = "generated modules")]

#[path = "../../codegen/tests/golden/mod.rs"]
mod golden;

#[test]
fn each_case_has_its_tools() {
    let rows = [
        (golden::shop::APIS, "shop-2", vec![5]),
        (golden::shop::APIS, "shop-1", vec![3]),
        (golden::places::APIS, "places", vec![4]),
    ];
    for (apis, name, tools) in rows {
        let api = apis.iter().find(|api| api.name == name);
        let counts: Option<Vec<usize>> =
            api.map(|api| api.toolsets.iter().map(|tools| tools.len()).collect());
        assert_eq!(counts, Some(tools), "{name}");
    }
}

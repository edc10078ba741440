// The cases that compile; written by the test `golden`.

#[path = "places/expected/generated/src/lib.rs"]
pub mod places;

#[path = "shop/expected/generated/src/lib.rs"]
pub mod shop;

#[rustfmt::skip]
pub static CASES: &[(&str, &[&runtime::Api])] = &[
    ("places", places::APIS),
    ("shop", shop::APIS),
];

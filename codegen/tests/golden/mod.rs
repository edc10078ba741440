// The cases that compile; written by the test `golden`.

#[path = "places/expected/generated/src/lib.rs"]
pub mod places;

#[path = "shop/expected/generated/src/lib.rs"]
pub mod shop;

#[path = "ways/expected/generated/src/lib.rs"]
pub mod ways;

#[rustfmt::skip]
pub static CASES: &[(&str, &[&runtime::Api])] = &[
    ("places", places::APIS),
    ("shop", shop::APIS),
    ("ways", ways::APIS),
];

// The cases that compile; written by the test `golden`.

#[path = "instead/expected/generated/src/lib.rs"]
pub mod instead;

#[path = "places/expected/generated/src/lib.rs"]
pub mod places;

#[path = "shared/expected/generated/src/lib.rs"]
pub mod shared;

#[path = "shop/expected/generated/src/lib.rs"]
pub mod shop;

#[path = "ways/expected/generated/src/lib.rs"]
pub mod ways;

#[rustfmt::skip]
pub static CASES: &[(&str, &[&runtime::Api])] = &[
    ("instead", instead::APIS),
    ("places", places::APIS),
    ("shared", shared::APIS),
    ("shop", shop::APIS),
    ("ways", ways::APIS),
];

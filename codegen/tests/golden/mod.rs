//! The cases that compile; written by the test `golden`.

#[path = "bodies/expected/generated/src/lib.rs"]
pub mod bodies;

#[path = "composition/expected/generated/src/lib.rs"]
pub mod composition;

#[path = "dialect/expected/generated/src/lib.rs"]
pub mod dialect;

#[path = "instead/expected/generated/src/lib.rs"]
pub mod instead;

#[path = "names/expected/generated/src/lib.rs"]
pub mod names;

#[path = "parameters/expected/generated/src/lib.rs"]
pub mod parameters;

#[path = "places/expected/generated/src/lib.rs"]
pub mod places;

#[path = "recursion/expected/generated/src/lib.rs"]
pub mod recursion;

#[path = "shared/expected/generated/src/lib.rs"]
pub mod shared;

#[path = "shop/expected/generated/src/lib.rs"]
pub mod shop;

#[path = "values/expected/generated/src/lib.rs"]
pub mod values;

#[path = "ways/expected/generated/src/lib.rs"]
pub mod ways;

#[rustfmt::skip]
pub static CASES: &[(&str, &[&runtime::Api])] = &[
    ("bodies", bodies::APIS),
    ("composition", composition::APIS),
    ("dialect", dialect::APIS),
    ("instead", instead::APIS),
    ("names", names::APIS),
    ("parameters", parameters::APIS),
    ("places", places::APIS),
    ("recursion", recursion::APIS),
    ("shared", shared::APIS),
    ("shop", shop::APIS),
    ("values", values::APIS),
    ("ways", ways::APIS),
];

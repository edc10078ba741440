//! Empty library: the tests across crates are in `tests/`.

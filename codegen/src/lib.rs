//! codegen
pub mod catalog;

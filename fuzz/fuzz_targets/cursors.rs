//! Fuzzes the cursors of lists.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_runtime::fuzzing::cursors(data));

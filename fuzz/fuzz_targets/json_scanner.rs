//! Fuzzes the JSON scanner.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_runtime::fuzzing::json_scanner(data));

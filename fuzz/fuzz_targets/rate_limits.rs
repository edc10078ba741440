//! Fuzzes the headers with rate limits.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_runtime::fuzzing::rate_limits(data));

//! Fuzzes the lines that a client sends over standard input.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_server::fuzzing::stdio_lines(data));

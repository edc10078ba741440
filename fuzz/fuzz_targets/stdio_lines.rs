#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcp_server::fuzzing::stdio_lines(data));

//! Every operation of the published documents, read twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use mcp_codegen::openapi::read;
#[test]
fn t() {
    for name in ["airflow-2", "airflow-3", "airflow-3-fab"] {
        let text = std::fs::read_to_string(format!("../specs/openapi/{name}.yaml")).unwrap();
        let t = std::time::Instant::now();
        match read(name, &format!("specs/openapi/{name}.yaml"), &text, &[]) {
            Ok(s) => {
                println!(
                    "{name} {} {:?} base {}",
                    s.operations().len(),
                    t.elapsed(),
                    s.base
                );
                let t = std::time::Instant::now();
                let mut n = 0;
                for o in s.operations() {
                    match mcp_codegen::facts::facts(&s, &o.id) {
                        Ok(f) => {
                            n += f.types.len();
                            if std::env::var("DUMP").is_ok() {
                                println!("{f:#?}");
                            }
                        }
                        Err(e) => {
                            for e in e {
                                println!("{}: {e}", o.id);
                            }
                        }
                    }
                }
                println!("{n} types {:?}", t.elapsed());
            }
            Err(e) => {
                for e in e {
                    println!("{e}");
                }
                panic!()
            }
        }
    }
}

//! Copies blst's C headers, which the crate exports to its dependents, next to the library.
use std::{env, fs, path::PathBuf};

fn main() {
    let bindings = PathBuf::from(env::var("DEP_BLST_BINDINGS").expect("blst exports its headers"));
    let include = PathBuf::from(env::var("SOTTO_BLST_INCLUDE").expect("set by cmake/blst.cmake"));
    fs::create_dir_all(&include).unwrap();
    for header in ["blst.h", "blst_aux.h"] {
        fs::copy(bindings.join(header), include.join(header)).unwrap();
    }
    println!("cargo:rerun-if-env-changed=SOTTO_BLST_INCLUDE");
}

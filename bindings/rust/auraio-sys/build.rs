// SPDX-License-Identifier: Apache-2.0
//! Finds the library: AURAIO_LIB_DIR, or pkg-config.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

const TO_DO: &str = "install it (Debian: apt install libauraio-dev pkg-config), or set \
                     AURAIO_LIB_DIR to the directory that has it";
/// A library of this version or later has all that the bindings declare.
const OLDEST: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

fn fail(why: &str) -> ! {
    eprintln!("error: {why}");
    exit(1)
}

/// Takes it from `dir`.
fn link(dir: &str, is_static: bool) {
    let file = if is_static { "libauraio.a" } else { "libauraio.so" };
    if !Path::new(dir).join(file).exists() {
        fail(&format!("AURAIO_LIB_DIR is {dir}, which has no {file}"));
    }
    println!("cargo:rustc-link-search=native={dir}");
    if is_static {
        println!("cargo:rustc-link-lib=static=auraio");
        println!("cargo:rustc-link-lib=uring");
        println!("cargo:rustc-link-lib=m");
    } else {
        println!("cargo:rustc-link-lib=auraio");
    }
}

/// Where the header is, for bindgen.
fn find() -> Vec<PathBuf> {
    println!("cargo:rerun-if-env-changed=AURAIO_LIB_DIR");
    println!("cargo:rerun-if-env-changed=AURAIO_STATIC");
    println!("cargo:rerun-if-env-changed=AURAIO_INCLUDE_DIR");
    let mut includes: Vec<PathBuf> = env::var("AURAIO_INCLUDE_DIR")
        .map(|paths| env::split_paths(&paths).collect())
        .unwrap_or_default();
    if let Ok(dir) = env::var("AURAIO_LIB_DIR") {
        link(&dir, env::var("AURAIO_STATIC").is_ok_and(|value| value == "1"));
        return includes;
    }
    match pkg_config::Config::new().atleast_version(OLDEST).probe("libauraio") {
        Ok(library) => includes.extend(library.include_paths),
        Err(why) => fail(&format!("libauraio {OLDEST} or later was not found; {TO_DO}.\n{why}")),
    }
    includes
}

#[cfg(feature = "bindgen")]
fn generate(includes: &[PathBuf]) {
    let out =
        PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("bindings.rs");
    bindgen::Builder::default()
        .header("wrapper.h")
        .clang_args(includes.iter().map(|path| format!("-I{}", path.display())))
        .allowlist_function("auraio_.*")
        .allowlist_type("auraio_.*")
        .allowlist_var("AURAIO_.*")
        .blocklist_type("iovec|statx")
        .blocklist_function("auraio_buf|auraio_buf_fixed|auraio_buf_fixed_idx|auraio_fixed_file")
        .raw_line("use libc::{iovec, statx};")
        .prepend_enum_name(false)
        .generate_comments(false)
        .layout_tests(false)
        .generate()
        .expect("auraio.h can be read")
        .write_to_file(out)
        .expect("OUT_DIR can be written");
}

fn main() {
    // The documentation is built where there is no library.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let includes = find();
    #[cfg(feature = "bindgen")]
    generate(&includes);
    let _ = includes;
}

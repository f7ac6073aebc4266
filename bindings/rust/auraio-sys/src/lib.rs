// SPDX-License-Identifier: Apache-2.0
//! Raw bindings to libauraio. Every item has the name and the meaning it has in `auraio.h`,
//! which holds its contract; the manual, `auraio(7)`, is the long form of it. The crate `auraio`
//! is the one to program with.
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case)]
#![allow(missing_docs)]
#![allow(clippy::all)]

#[cfg(all(not(feature = "bindgen"), not(target_pointer_width = "64")))]
compile_error!(
    "the bindings that come with the crate are for 64-bit systems; take the feature bindgen"
);

#[cfg(not(feature = "bindgen"))]
mod bindings;
#[cfg(feature = "bindgen")]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
pub use bindings::*;

use std::os::raw::{c_int, c_void};

/// Plain memory; see `auraio_buf(3)`.
#[inline]
pub fn auraio_buf(ptr: *const c_void) -> auraio_buf_t {
    let mut buf = auraio_buf_fixed(0, 0);
    buf.type_ = AURAIO_BUF_UNREGISTERED;
    buf.u.ptr = ptr.cast_mut();
    buf
}

/// Registered buffer number `index`, `offset` bytes from its start; see `auraio_buf(3)`.
#[inline]
pub fn auraio_buf_fixed(index: c_int, offset: usize) -> auraio_buf_t {
    // SAFETY: integers and pointers of which all bits may be zero.
    let mut buf: auraio_buf_t = unsafe { std::mem::zeroed() };
    buf.type_ = AURAIO_BUF_REGISTERED;
    buf.u.fixed.index = index;
    buf.u.fixed.offset = offset;
    buf
}

/// The same from its first byte; see `auraio_buf(3)`.
#[inline]
pub fn auraio_buf_fixed_idx(index: c_int) -> auraio_buf_t {
    auraio_buf_fixed(index, 0)
}

/// Names a registered file in place of a descriptor; see `auraio_register_files(3)`.
#[inline]
pub fn auraio_fixed_file(index: c_int) -> c_int {
    c_int::MIN.wrapping_add(index)
}

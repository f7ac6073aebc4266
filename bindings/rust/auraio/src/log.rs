// SPDX-License-Identifier: Apache-2.0
//! What the library has to say besides results: one handler for the process.

use auraio_sys as sys;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::RwLock;

/// How much a message matters, least last; as syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Something is lost or wrongly used.
    Error,
    /// The engine works, but not as asked.
    Warn,
    /// Worth knowing.
    Notice,
    /// What controllers do.
    Info,
    /// Everything.
    Debug,
}

type Handler = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

static HANDLER: RwLock<Option<Handler>> = RwLock::new(None);

unsafe extern "C" fn forward(level: c_int, message: *const c_char, _user_data: *mut c_void) {
    let level = match level {
        ..=3 => LogLevel::Error,
        4 => LogLevel::Warn,
        5 => LogLevel::Notice,
        6 => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    // SAFETY: the library gives a string that is valid during the call.
    let message = unsafe { CStr::from_ptr(message) }.to_string_lossy();
    let handler = HANDLER.read().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(handler) = handler.as_ref() {
        // A panic must not cross into C, nor one of its payload; the panic hook has told of it.
        std::mem::forget(catch_unwind(AssertUnwindSafe(|| handler(level, &message))));
    }
}

/// Exchanges the handler. The old one goes without the lock: what it owns may log as it ends.
fn exchange(handler: Option<Handler>) {
    let mut current = HANDLER.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    let old = std::mem::replace(&mut *current, handler);
    drop(current);
    drop(old);
}

/// Makes `handler` the handler of the process, for all engines. It may run on any thread, on
/// several at once, and must not call this crate.
pub fn set_log_handler(handler: impl Fn(LogLevel, &str) + Send + Sync + 'static) {
    exchange(Some(Box::new(handler)));
    // SAFETY: forward is there for good and has no user data.
    unsafe { sys::auraio_set_log_handler(Some(forward), ptr::null_mut()) };
}

/// Silence, as at the start.
pub fn clear_log_handler() {
    // SAFETY: as above.
    unsafe { sys::auraio_set_log_handler(None, ptr::null_mut()) };
    exchange(None);
}

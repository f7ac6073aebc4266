// SPDX-License-Identifier: Apache-2.0
//! Errors: which step failed, and the errno behind it.

use std::io;

/// What can go wrong. Every variant but [`Error::InvalidArgument`] and [`Error::Cancelled`] carries
/// the errno of the C library as an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An operation or a call ended with this error.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// No engine could be made.
    #[error("cannot create an engine: {0}")]
    EngineCreate(#[source] io::Error),
    /// The pool has no buffer.
    #[error("cannot allocate a buffer: {0}")]
    BufferAlloc(#[source] io::Error),
    /// The operation was not accepted; nothing has been started.
    #[error("cannot submit: {0}")]
    Submission(#[source] io::Error),
    /// The operation was cancelled before it did anything.
    #[error("cancelled")]
    Cancelled,
    /// An argument was refused before the library saw it.
    #[error("invalid argument: {0}")]
    InvalidArgument(&'static str),
}

/// [`std::result::Result`] with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The error for a positive errno: `ECANCELED` is [`Error::Cancelled`], all else [`Error::Io`].
    pub fn from_raw_os_error(errno: i32) -> Self {
        if errno == libc::ECANCELED {
            Error::Cancelled
        } else {
            Error::Io(io::Error::from_raw_os_error(errno))
        }
    }

    /// The errno, positive.
    pub fn raw_os_error(&self) -> Option<i32> {
        match self {
            Error::Io(e)
            | Error::EngineCreate(e)
            | Error::BufferAlloc(e)
            | Error::Submission(e) => e.raw_os_error(),
            Error::Cancelled => Some(libc::ECANCELED),
            Error::InvalidArgument(_) => Some(libc::EINVAL),
        }
    }

    pub(crate) fn last_os() -> Self {
        Error::Io(io::Error::last_os_error())
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error.raw_os_error() {
            Some(errno) => io::Error::from_raw_os_error(errno),
            None => io::Error::new(io::ErrorKind::Other, error),
        }
    }
}

/// The result of a completed operation: a count, or a negative errno.
pub(crate) fn count(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| Error::from_raw_os_error(-result as i32))
}

/// The answer of a call that gives -1 and errno on failure.
pub(crate) fn check(answer: i32) -> Result<i32> {
    if answer < 0 {
        Err(Error::last_os())
    } else {
        Ok(answer)
    }
}

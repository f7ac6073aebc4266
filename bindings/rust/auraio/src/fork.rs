// SPDX-License-Identifier: Apache-2.0
//! Locks that a fork may leave locked: the thread that had one is not there in the child, and nobody
//! else unlocks it.

use crate::{Error, Result};
use std::process;
use std::sync::{LockResult, TryLockError, TryLockResult};

/// The process in which locks were made.
#[derive(Clone, Copy)]
pub(crate) struct Origin(u32);

impl Default for Origin {
    fn default() -> Self {
        Origin(process::id())
    }
}

impl Origin {
    /// That of a forked child's parent.
    #[cfg(all(test, feature = "async"))]
    pub(crate) fn elsewhere() -> Self {
        Origin(!process::id())
    }

    /// Takes a lock that was tried and, where it is taken, is to be waited for; `EOWNERDEAD` in place
    /// of the wait in a forked child. That a thread has panicked with it does not matter.
    pub(crate) fn or_wait<G>(
        &self,
        tried: TryLockResult<G>,
        wait: impl FnOnce() -> LockResult<G>,
    ) -> Result<G> {
        match tried {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if process::id() != self.0 => {
                Err(Error::from_raw_os_error(libc::EOWNERDEAD))
            }
            Err(TryLockError::WouldBlock) => {
                Ok(wait().unwrap_or_else(|poisoned| poisoned.into_inner()))
            }
        }
    }
}

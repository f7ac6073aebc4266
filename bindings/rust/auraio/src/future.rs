// SPDX-License-Identifier: Apache-2.0
//! The future of an operation that owns what it uses.

use crate::completion::{completed, discard, Completion};
use crate::waiters::Waited;
use crate::{Engine, Error, Op, RequestHandle, Result};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// An operation that owns what it uses. Its output is made of the result and what was kept.
#[must_use = "dropping it cancels the operation"]
pub struct OwnedFuture<T, R> {
    engine: Engine,
    completion: Arc<Completion<T, R>>,
    request: Option<RequestHandle>,
    cancels_when_dropped: bool,
}

impl<T: Send + 'static, R: 'static> OwnedFuture<T, R> {
    /// Submits the operation that `make` describes of what is kept. What cannot be submitted is
    /// complete at once, with the reason.
    ///
    /// # Safety
    /// The operation uses descriptors and memory of what is kept alone, and what is kept may be
    /// moved between threads, but not changed, while the operation runs. Memory that it points to
    /// must not be part of the value itself, unless it is in place behind a pointer.
    pub(crate) unsafe fn start(
        engine: &Engine,
        kept: T,
        make: impl FnOnce(&mut T) -> Op,
        finish: fn(Result<usize>, T) -> R,
    ) -> Self {
        let completion = Completion::new(kept, finish, engine.waiters().origin());
        let op = completion.describe(make);
        let data = Arc::clone(&completion).into_user_data();
        let op = op.raw_callback(completed::<T, R>, data, discard::<T, R>);
        // SAFETY: all it uses stays in the completion until `completed`, which gets it, has run.
        let submitted = unsafe { engine.submit_one(op) };
        let request = submitted.map_err(|why| completion.complete(Err(why), 0)).ok();
        OwnedFuture { engine: engine.clone(), completion, request, cancels_when_dropped: true }
    }

    /// The operation goes on when this is dropped.
    pub(crate) fn detached(mut self) -> Self {
        self.cancels_when_dropped = false;
        self
    }

    /// The operation, to be cancelled; `None` when it could not be submitted.
    pub fn request(&self) -> Option<RequestHandle> {
        self.request
    }

    /// When the output has come of a transfer of which a part had moved: the error that ended it, such
    /// as `ENOSPC` beside a count; `None` when there was none. Await `&mut` the future to ask it after.
    pub fn error(&self) -> Option<Error> {
        let errno = self.completion.errno();
        (errno > 0).then(|| Error::from_raw_os_error(errno))
    }

    /// Asks the operation to stop. Its output still comes.
    ///
    /// # Errors
    /// Those of [`Engine::cancel`].
    pub fn cancel(&self) -> Result<()> {
        self.request.map_or(Ok(()), |request| self.engine.cancel(request))
    }
}

impl<T, R> Future for OwnedFuture<T, R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        self.completion.poll(context)
    }
}

impl<T, R> Drop for OwnedFuture<T, R> {
    fn drop(&mut self) {
        if !self.completion.abandon() && self.cancels_when_dropped {
            // A stale handle is recognised, so it does not matter whether it ends meanwhile.
            let _ = self.request.map(|request| self.engine.cancel(request));
        }
    }
}

impl<T, R> Unpin for OwnedFuture<T, R> {}

impl<T, R> fmt::Debug for OwnedFuture<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedFuture").field("request", &self.request).finish()
    }
}

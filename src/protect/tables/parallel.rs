//! Many tables at once, on threads that wait.

use std::sync::Mutex;

use crate::error::Result;

/// Maps each value, in order.
///
/// The engine has threads of its own. A thread of rayon that waits for them begins the next table in the meantime, on top of
/// this one, so some hundred tables overflowed its stack. These threads only wait.
///
/// # Errors
/// The error of the first value, in order, that has one.
pub(super) fn map<T: Send, R: Send>(values: Vec<T>, make: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let threads = rayon::current_num_threads().min(values.len());
    let queue = Mutex::new(values.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(|(at, value)| (at, make(value))).collect::<Vec<_>>();
    let mut made: Vec<(usize, Result<R>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.flatten().collect()
    });
    made.sort_unstable_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;
    use crate::error::Error;

    #[test]
    fn results_are_in_order_and_so_is_the_first_error() {
        assert_eq!(map((0..1000).collect(), |value: u32| Ok(value * 2)).unwrap()[999], 1998);
        assert!(map(Vec::<u32>::new(), Ok).unwrap().is_empty());
        let failed = map((0..1000).collect(), |value: u32| match value {
            300.. => Err(Error::failed(value.to_string())),
            _ => Ok(value),
        });
        assert!(failed.unwrap_err().to_string().contains("300"));
    }
}

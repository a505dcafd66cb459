//! Types that hold values of records or exact counts.
//!
//! No message, log, panic or file may show what is in them. [`confidential!`] marks such a type: it compiles only while the
//! type can be neither serialised nor displayed, and its `Debug` prints its name.

/// A type that holds values of records or exact counts. Only the crate marks types.
pub trait Confidential: sealed::Marked {}

pub(crate) mod sealed {
    pub trait Marked {}
}

/// Marks types as confidential.
///
/// For a type that implements `Serialize` or `Display`, `Absent<_>` has two answers, and the compiler refuses to choose.
macro_rules! confidential {
    ($($type:ident $(<$lifetime:lifetime>)?),+) => {
        $(
            impl $crate::confidential::sealed::Marked for $type $(<$lifetime>)? {}
            impl $crate::confidential::Confidential for $type $(<$lifetime>)? {}
            impl std::fmt::Debug for $type $(<$lifetime>)? {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!(stringify!($type), " [confidential]"))
                }
            }
        )+
        const _: () = {
            trait Absent<Of> {
                const HOLDS: () = ();
            }
            struct Serialised;
            struct Displayed;
            impl<T: ?Sized> Absent<()> for T {}
            impl<T: ?Sized + serde::Serialize> Absent<Serialised> for T {}
            impl<T: ?Sized + std::fmt::Display> Absent<Displayed> for T {}
            $(let () = <$type as Absent<_>>::HOLDS;)+
        };
    };
}

pub(crate) use confidential;

#[cfg(test)]
mod tests {
    struct Counts(#[allow(dead_code)] u64);

    confidential!(Counts);

    #[test]
    fn debug_shows_the_name_only() {
        assert_eq!(format!("{:?}", Counts(7)), "Counts [confidential]");
    }
}

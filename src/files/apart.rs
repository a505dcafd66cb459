//! Whether two places are one, or one lies in the other, whatever they are called.

use std::path::{Path, PathBuf};

use super::resolved;
use super::system::identity;

/// How an output meets an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// They are one.
    Same,
    /// The output lies in the input.
    Within,
    /// The output holds the input.
    Around,
}

/// Returns how two places meet: with links followed, `.` and `..` resolved, and second names of a file known where the system
/// reports them.
pub fn meeting(output: &Path, input: &Path) -> Option<Meeting> {
    let (output, input) = (resolved(output), resolved(input));
    let lies_in = |path: &Path, folder: &Path| path.ancestors().skip(1).any(|above| is_same(above, folder));
    if is_same(&output, &input) {
        Some(Meeting::Same)
    } else if lies_in(&output, &input) {
        Some(Meeting::Within)
    } else if lies_in(&input, &output) {
        Some(Meeting::Around)
    } else {
        None
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    compared(one, LETTERS) == compared(other, LETTERS) || identity(one).is_some_and(|id| identity(other) == Some(id))
}

/// What a disk does with capital and small letters.
#[derive(Clone, Copy, Debug)]
enum LetterCase {
    /// Names that differ only in it are one name.
    Ignored,
    /// They are two names.
    Kept,
}

/// What the disks of this system usually do.
const LETTERS: LetterCase =
    if cfg!(any(windows, target_os = "macos")) { LetterCase::Ignored } else { LetterCase::Kept };

/// A path as it is compared: of two spellings in other letters one may not exist yet, so that no system says that they are one.
fn compared(path: &Path, letters: LetterCase) -> PathBuf {
    match letters {
        LetterCase::Ignored => path.to_string_lossy().to_lowercase().into(),
        LetterCase::Kept => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_the_same_where_the_disk_says_so() {
        let [one, other] = ["Out/RÉCORDS.csv", "out/récords.CSV"].map(Path::new);
        assert_eq!(compared(one, LetterCase::Ignored), compared(other, LetterCase::Ignored));
        assert_ne!(compared(one, LetterCase::Kept), compared(other, LetterCase::Kept));
    }

    #[test]
    fn places_meet_whatever_they_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("store/inner")).unwrap();
        std::fs::write(at("in.csv"), "x").unwrap();
        let meets = |output: &str, input: &str| meeting(&at(output), &at(input));
        assert_eq!(meets("in.csv", "in.csv"), Some(Meeting::Same));
        assert_eq!(meets("./store/../in.csv", "in.csv"), Some(Meeting::Same));
        // The folder does not exist yet: it would be made, and the path then leads to the file.
        assert_eq!(meets("new/../in.csv", "in.csv"), Some(Meeting::Same));
        assert_eq!(meets("new/a/../../store/b", "store"), Some(Meeting::Within));
        assert_eq!(meets("store/new/a.parquet", "store"), Some(Meeting::Within));
        assert_eq!(meets("store", "store/inner"), Some(Meeting::Around));
        assert_eq!(meets("in.csv.parquet", "in.csv"), None);
        assert_eq!(meets("storehouse", "store"), None);
        assert_eq!(meets("new", "in.csv"), None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("store"), at("linked")).unwrap();
            std::fs::hard_link(at("in.csv"), at("second.csv")).unwrap();
            assert_eq!(meets("linked/new", "store"), Some(Meeting::Within));
            assert_eq!(meets("store", "linked/inner"), Some(Meeting::Around));
            assert_eq!(meets("second.csv", "in.csv"), Some(Meeting::Same));
        }
    }
}

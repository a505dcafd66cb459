//! SDMX status codes of a released observation.

/// `OBS_STATUS`, the codes of SDMX CL_OBS_STATUS that a release uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObsStatus {
    /// `A`: a normal value.
    Normal,
    /// `B`: a value that does not mean the same as those before it.
    Break,
    /// `Q`: missing because it was suppressed.
    Suppressed,
    /// `L`: missing because it was not reported or is not collected.
    NotCollected,
    /// `O`: missing because it cannot be computed, as a share of nobody.
    Missing,
}

impl ObsStatus {
    /// The status with a code.
    pub fn find(id: &str) -> Option<Self> {
        let all = [Self::Normal, Self::Break, Self::Suppressed, Self::NotCollected, Self::Missing];
        all.into_iter().find(|status| status.id() == id)
    }

    /// Whether there is a value.
    pub fn has_value(self) -> bool {
        matches!(self, Self::Normal | Self::Break)
    }

    /// The code.
    pub fn id(self) -> &'static str {
        match self {
            Self::Normal => "A",
            Self::Break => "B",
            Self::Suppressed => "Q",
            Self::NotCollected => "L",
            Self::Missing => "O",
        }
    }
}

/// `CONF_STATUS`. Every blank bears the same code, whatever the reason it is blank for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfStatus {
    /// `F`: free for publication.
    Free,
    /// `C`: confidential.
    Confidential,
}

impl ConfStatus {
    /// The status that goes with an observation's.
    pub fn of(status: ObsStatus) -> Self {
        if status == ObsStatus::Suppressed { Self::Confidential } else { Self::Free }
    }

    /// The code.
    pub fn id(self) -> &'static str {
        match self {
            Self::Free => "F",
            Self::Confidential => "C",
        }
    }
}

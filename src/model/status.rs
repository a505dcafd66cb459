//! SDMX status codes of a released observation.

/// `OBS_STATUS`, the codes of SDMX CL_OBS_STATUS that figures and releases use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObsStatus {
    /// `A`: a normal value.
    Normal,
    /// `B`: a value that does not mean the same as those before it.
    Break,
    /// `D`: a value under another definition.
    Definition,
    /// `E`: an estimated value.
    Estimated,
    /// `F`: a forecast.
    Forecast,
    /// `G`: an experimental value.
    Experimental,
    /// `I`: an imputed value.
    Imputed,
    /// `N`: a value that is not significant.
    NotSignificant,
    /// `P`: a provisional value.
    Provisional,
    /// `S`: a value of a period with a strike or another special event.
    Special,
    /// `U`: a value of low reliability.
    Unreliable,
    /// `V`: a value that was not validated.
    Unvalidated,
    /// `Q`: missing because it was suppressed.
    Suppressed,
    /// `L`: missing because it was not reported or is not collected.
    NotCollected,
    /// `M`: missing because it cannot exist.
    NotExisting,
    /// `O`: missing because it cannot be computed, as a share of zero persons.
    Missing,
}

impl ObsStatus {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Normal,
        Self::Break,
        Self::Definition,
        Self::Estimated,
        Self::Forecast,
        Self::Experimental,
        Self::Imputed,
        Self::NotSignificant,
        Self::Provisional,
        Self::Special,
        Self::Unreliable,
        Self::Unvalidated,
        Self::Suppressed,
        Self::NotCollected,
        Self::NotExisting,
        Self::Missing,
    ];

    /// The status with a code.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.id() == id)
    }

    /// Returns whether there is a value.
    pub fn has_value(self) -> bool {
        !matches!(self, Self::Suppressed | Self::NotCollected | Self::NotExisting | Self::Missing)
    }

    /// The code.
    pub fn id(self) -> &'static str {
        match self {
            Self::Normal => "A",
            Self::Break => "B",
            Self::Definition => "D",
            Self::Estimated => "E",
            Self::Forecast => "F",
            Self::Experimental => "G",
            Self::Imputed => "I",
            Self::NotSignificant => "N",
            Self::Provisional => "P",
            Self::Special => "S",
            Self::Unreliable => "U",
            Self::Unvalidated => "V",
            Self::Suppressed => "Q",
            Self::NotCollected => "L",
            Self::NotExisting => "M",
            Self::Missing => "O",
        }
    }
}

/// `CONF_STATUS`. Every suppressed cell bears the same code, whatever the reason.
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

//! Enumerations of the schema, each beside the domain's own.

use async_graphql::Enum;

use crate::graph::traverse;
use crate::{app, impact, model};

macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $domain:ty { $($(#[$item_doc:meta])* $item:ident,)* }) => {
        $(#[$doc])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$item_doc])* $item,)* }

        impl From<$domain> for $name {
            fn from(domain: $domain) -> Self {
                match domain { $(<$domain>::$item => Self::$item,)* }
            }
        }

        impl From<$name> for $domain {
            fn from(api: $name) -> Self {
                match api { $($name::$item => Self::$item,)* }
            }
        }
    };
}

pub(super) use mirror;

mirror! {
    /// How a CI does its work. Ordered: OK is best, DOWN is worst.
    ImpactState = model::ImpactState {
        /// Does its work.
        Ok,
        /// Does its work, but something it stands on has lost redundancy or quality.
        AtRisk,
        /// Does its work worse, or for fewer.
        Degraded,
        /// Does not do its work.
        Down,
    }
}

mirror! {
    /// Where a CI stands in its life.
    LifecycleStage = model::LifecycleStage {
        /// Intended, not yet bought or built.
        Planned,
        /// Bought, not yet delivered.
        Ordered,
        /// Delivered, not in use.
        InStock,
        /// In use.
        InService,
        /// In use, out of work on purpose for a while.
        Maintenance,
        /// In use, working worse.
        Degraded,
        /// In use, not working.
        Down,
        /// Out of use; kept for the record.
        Retired,
        /// Gone for good.
        Disposed,
    }
}

mirror! {
    /// Which way to follow relationships.
    Direction = traverse::Direction {
        /// From start to end, as the forward phrase reads.
        Outgoing,
        /// From end to start, as the reverse phrase reads.
        Incoming,
        /// Both.
        Both,
    }
}

mirror! {
    /// What happens to the other commands when one is refused.
    BatchMode = app::BatchMode {
        /// They are executed.
        Partial,
        /// None is executed.
        Atomic,
    }
}

mirror! {
    /// From what state an impact question starts.
    StartingState = impact::StartingState {
        /// Every CI in use is OK: what would break if all were well now.
        Structural,
        /// The recorded lifecycle stages count: what would break on top of what is broken.
        Current,
    }
}

mirror! {
    /// How far `AT_RISK` is passed on.
    AtRiskReading = impact::AtRiskReading {
        /// Along every relationship that passes states on.
        Transitive,
        /// Not at all: `AT_RISK` shows only where redundancy was lost.
        Local,
    }
}

mirror! {
    /// What a dependency is to the CI that depends on it.
    DependencyRole = impact::DependencyRole {
        /// Its failure alone takes the CI down.
        SinglePointOfFailure,
        /// It would take the CI down, if redundancy did not hold.
        Redundant,
        /// It can make the CI worse, but not take it down.
        Supporting,
    }
}

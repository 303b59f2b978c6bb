//! How an impact question is written.

use async_graphql::InputObject;

use super::ImpactState;
use crate::api::scalars::Long;

/// A CI in a state that is given.
#[derive(InputObject, Clone, Debug)]
#[graphql(name = "FailedCi")]
pub struct FailedCiInput {
    /// The CI: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// Its state.
    #[graphql(default_with = "ImpactState::Down")]
    pub state: ImpactState,
}

/// What an observation counts as: how surely, or how badly, a CI was seen to be bad or well.
#[derive(InputObject, Clone, Debug)]
#[graphql(name = "ObservationWeight")]
pub struct ObservationWeightInput {
    /// A CI that is among `symptoms` or `healthy`: an id, `type:name` or `attribute:value`.
    #[graphql(name = "ref")]
    pub reference: String,
    /// So many plain observations, from 1 to 1,000,000. If a CI is named twice, the larger counts.
    pub weight: i32,
}

/// Which impacted CIs are listed. Counts and services are not filtered.
#[derive(InputObject, Clone, Debug)]
#[graphql(name = "ImpactFilter")]
pub struct ImpactFilterInput {
    /// Only CIs of these types or their subtypes.
    pub types: Option<Vec<String>>,
    /// Only CIs that end in this state or worse.
    #[graphql(default_with = "ImpactState::Degraded")]
    pub min_state: ImpactState,
    /// Only CIs with all these tags.
    pub tags: Option<Vec<String>>,
}

impl Default for ImpactFilterInput {
    fn default() -> Self {
        Self {
            types: None,
            min_state: ImpactState::Degraded,
            tags: None,
        }
    }
}

/// How much an impact question may cost, below what the server allows. A bounded answer is a sound
/// lower bound, and says that it is bounded.
#[derive(InputObject, Clone, Copy, Debug, Default)]
#[graphql(name = "ImpactLimits")]
pub struct ImpactLimitsInput {
    /// Links looked at, at most.
    pub max_links: Option<Long>,
    /// CIs touched, at most.
    pub max_cis: Option<Long>,
}

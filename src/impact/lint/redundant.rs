//! Which groups can lose a member, and how bad they can get.

use crate::graph::Slot;
use crate::graph::dependency::{Gate, Link};
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;
use crate::model::{ImpactState, Strength};

use super::meter::Meter;

/// What is redundant: groups that can lose a member which counts without getting as bad as if they
/// lost all, and whose consumer would notice that. Where every weight is 1 and all count fully, that
/// is 0 < k < n.
#[derive(Debug)]
pub(super) struct Redundant {
    /// By group number: the state with all members down; `OK` for a group that is not redundant.
    worst: Vec<ImpactState>,
}

impl Redundant {
    /// Looks at every membership once or twice.
    pub(super) fn find(view: ImpactView<'_>, meter: &mut Meter<'_>) -> Result<Self, TruncationReason> {
        let mut worst = vec![ImpactState::Ok; view.index.group_numbers()];
        for (group, worst) in (0u32..).zip(&mut worst) {
            if view.index.group_key(group).is_some() {
                meter.spend(1 + view.index.members(group).len() as u64)?;
                *worst = worst_state(view, group);
            }
        }
        Ok(Self { worst })
    }

    /// Whether this group is redundant.
    pub(super) fn contains(&self, group: u32) -> bool {
        self.worst(group) > ImpactState::Ok
    }

    /// The state of a redundant group, before its own strength, with all members down; `OK` for
    /// another.
    pub(super) fn worst(&self, group: u32) -> ImpactState {
        self.worst.get(group as usize).copied().unwrap_or_default()
    }

    /// The redundant groups, by number.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..)
            .zip(&self.worst)
            .filter(|(_, worst)| **worst > ImpactState::Ok)
            .map(|(group, _)| group)
    }
}

fn worst_state(view: ImpactView<'_>, group: u32) -> ImpactState {
    let gate = view.index.gate_of(group);
    let members = view.index.members(group);
    let mut all = [0; 3];
    for link in members {
        lose(view, group, *link, ImpactState::Down, &mut all);
    }
    let worst = gate.state(all);
    if gate.strength.apply(worst) == ImpactState::Ok {
        return ImpactState::Ok;
    }
    let may_be_lost = |link: &&Link| {
        let mut bad = [0; 3];
        lose(view, group, **link, ImpactState::Down, &mut bad);
        bad[0] > 0 && gate.state(bad) < worst
    };
    if members.iter().any(|link| may_be_lost(&link)) {
        worst
    } else {
        ImpactState::Ok
    }
}

/// Counts a member that is in `state`, given a link of its group.
pub(super) fn lose(view: ImpactView<'_>, group: u32, link: Link, state: ImpactState, bad: &mut [u64; 3]) {
    let level = strength(link).apply(state).level();
    let weight = u64::from(view.index.weight(link, group, link.other));
    for bad in &mut bad[..usize::from(level)] {
        *bad += weight;
    }
}

/// Whether this one member, down, takes the group's consumer down.
pub(super) fn takes_down_alone(view: ImpactView<'_>, gate: &Gate, group: u32, link: Link) -> bool {
    let mut bad = [0; 3];
    lose(view, group, link, ImpactState::Down, &mut bad);
    gate.output(bad) == ImpactState::Down
}

/// Whether a failure arrives over this link as the failure it was.
pub(super) fn is_hard(link: Link) -> bool {
    strength(link).apply(ImpactState::Down) == ImpactState::Down
}

/// What a link carries.
pub(super) fn strength(link: Link) -> Strength {
    Strength::from_number(link.strength).unwrap_or(Strength::NONE)
}

/// The members of a group that are in `keep`, unordered.
pub(super) fn members(view: ImpactView<'_>, group: u32, keep: impl Fn(Link) -> bool) -> Vec<Slot> {
    let members = view.index.members(group).iter().filter(|link| keep(**link));
    members.map(|link| Slot::new(link.other)).collect()
}

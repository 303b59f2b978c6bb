//! What saved us, and how thin it is now: groups that let less through than they took, and
//! assumptions that held something back (section 3 of the law).

use crate::graph::Slot;
use crate::graph::dependency::GroupKey;
use crate::model::{CiId, ImpactState};

use super::question::ImpactView;
use super::reading::Reading;
use super::report::ImpactReport;
use super::scratch::{Scratch, now};

/// A group with a member whose contribution is `DEGRADED` or worse, and an output better than its
/// worst contribution. Numbers are weights; they are counts where every weight is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absorbed {
    /// The group.
    pub group: GroupKey,
    /// Who needs it.
    pub consumer: Slot,
    /// Weight of the members that are not lost.
    pub up: u64,
    /// Weight of the members that are lost.
    pub lost: u64,
    /// Weight of the members that are degraded.
    pub degraded: u64,
    /// k.
    pub up_min: u64,
    /// d.
    pub capacity_min: u64,
    /// r.
    pub spare_min: u64,
    /// n: the whole weight.
    pub total: u64,
    /// What can still be lost before the group is down: `up - k`; negative when it is down.
    pub headroom: i64,
    /// What reaches the consumer.
    pub output: ImpactState,
    /// The worst contribution of a member.
    pub worst: ImpactState,
}

/// The members behind an [`Absorbed`], by CI id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbsorbedMembers {
    /// Members that count as down.
    pub lost: Vec<Slot>,
    /// Members that count as degraded.
    pub degraded: Vec<Slot>,
}

/// An assumption that held something back: without it the CI would be worse than it is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPin {
    /// The assumed CI.
    pub slot: Slot,
    /// The state it is assumed to be in.
    pub assumed: ImpactState,
    /// The state that what it depends on would give it.
    pub otherwise: ImpactState,
}

impl ImpactReport {
    /// The groups that absorbed something, those written down first by id, then by pool and the
    /// consumer's CI id. Groups that already did so before are among them. In a truncated answer
    /// the numbers are those of the last round that is complete, or of the one before.
    ///
    /// Costs the groups with losses, and sorts.
    pub fn absorbed(&self, view: ImpactView<'_>) -> Vec<Absorbed> {
        let losing = self.losing_groups.iter();
        let mut absorbed: Vec<((u8, u128, CiId), Absorbed)> = losing
            .filter_map(|(group, bad)| absorbed(view, *group, *bad))
            .map(|absorbed| {
                let consumer = view.columns.id(absorbed.consumer);
                let key = match absorbed.group {
                    GroupKey::Explicit(id) => (0, id.as_uuid().as_u128(), consumer),
                    GroupKey::Pool { pool, .. } => (1, u128::from(pool.number()), consumer),
                };
                (key, absorbed)
            })
            .collect();
        absorbed.sort_unstable_by_key(|(key, _)| *key);
        absorbed.into_iter().map(|(_, absorbed)| absorbed).collect()
    }

    /// Which members of a group are lost and which degraded: costs the group's members.
    pub fn absorbed_members(&self, view: ImpactView<'_>, group: &GroupKey) -> AbsorbedMembers {
        let mut members = AbsorbedMembers::default();
        let Some(number) = view.index.group_number(group) else {
            return members;
        };
        for link in view.index.members(number) {
            let member = Slot::new(link.other);
            match self.contribution(view, number, *link, u32::MAX) {
                ImpactState::Ok | ImpactState::AtRisk => {}
                ImpactState::Degraded => members.degraded.push(member),
                ImpactState::Down => members.lost.push(member),
            }
        }
        members.lost.sort_unstable_by_key(|slot| view.columns.id(*slot));
        members.degraded.sort_unstable_by_key(|slot| view.columns.id(*slot));
        members
    }
}

fn absorbed(view: ImpactView<'_>, group: u32, bad: [u64; 3]) -> Option<Absorbed> {
    let gate = view.index.gate_of(group);
    let [_, degraded, lost] = bad;
    let worst = if lost > 0 {
        ImpactState::Down
    } else {
        ImpactState::Degraded
    };
    let output = gate.output(bad);
    if output >= worst {
        return None;
    }
    let up = gate.total - lost;
    Some(Absorbed {
        group: view.index.group_key(group)?,
        consumer: gate.consumer,
        up,
        lost,
        degraded: degraded - lost,
        up_min: gate.up_min,
        capacity_min: gate.capacity_min,
        spare_min: gate.spare_min,
        total: gate.total,
        headroom: up.cast_signed() - gate.up_min.cast_signed(),
        output,
        worst,
    })
}

/// The assumed CIs that would be worse by themselves: costs what leads to them.
pub(super) fn held_pins(view: ImpactView<'_>, scratch: &Scratch, reading: &Reading) -> Vec<HeldPin> {
    let level = |slot: u32| usize::from(now(scratch.cells[slot as usize]));
    let mut held: Vec<HeldPin> = Vec::new();
    for slot in &scratch.pinned {
        let arriving = view.index.incoming(*slot).iter().map(|link| {
            if link.is_group() {
                let bad = scratch.counters.bad(link.other);
                view.index.gate_of(link.other).output(bad).level()
            } else {
                reading.plain(*link)[level(link.other)]
            }
        });
        let failed = reading.failed_plain.iter();
        let failing = failed.filter(|arc| arc.target == slot.number()).map(|arc| arc.level);
        let otherwise = ImpactState::from_level(arriving.chain(failing).max().unwrap_or(0));
        let assumed = ImpactState::from_level(now(scratch.cells[slot.index()]));
        if otherwise > assumed {
            held.push(HeldPin {
                slot: *slot,
                assumed,
                otherwise,
            });
        }
    }
    held.sort_unstable_by_key(|pin| view.columns.id(pin.slot));
    held
}

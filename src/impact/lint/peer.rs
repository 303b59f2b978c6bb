//! `PEER_HARD_EDGE`: members of one group that take each other down.
//!
//! The groups that two neighbours share are found from the neighbour with fewer groups, so that a
//! core switch in every group of the estate does not cost its groups once a neighbour: the bound is
//! that of listing triangles, O(links^1.5), and near linear on real estates.

use std::cmp::Reverse;

use crate::graph::Slot;
use crate::graph::dependency::Link;
use crate::impact::question::ImpactView;
use crate::impact::report::TruncationReason;
use crate::model::Strength;

use super::meter::Meter;
use super::redundant::{Redundant, is_hard, strength, takes_down_alone};
use super::{LintCode, LintFinding, about_group, in_order};

/// Redundant groups with members between which a failure is carried as a failure in one step: by a
/// plain arc, or by a group of which one is the consumer and the other a member it cannot do
/// without, which is the same (section 2.6 of the law). The members concerned, both ends.
pub(super) fn find(
    view: ImpactView<'_>,
    redundant: &Redundant,
    meter: &mut Meter<'_>,
    findings: &mut Vec<LintFinding>,
) -> Result<(), TruncationReason> {
    let mut ends: Vec<(u32, Slot)> = Vec::new();
    let stopped = find_ends(view, redundant, meter, &mut ends).err();
    ends.sort_unstable();
    ends.dedup();
    for ends in ends.chunk_by(|one, other| one.0 == other.0) {
        let cis = in_order(view, ends.iter().map(|(_, slot)| *slot).collect());
        findings.extend(about_group(view, LintCode::PeerHardEdge, ends[0].0, cis));
    }
    stopped.map_or(Ok(()), Err)
}

/// The groups and members found, in no order and more than once.
fn find_ends(
    view: ImpactView<'_>,
    redundant: &Redundant,
    meter: &mut Meter<'_>,
    ends: &mut Vec<(u32, Slot)>,
) -> Result<(), TruncationReason> {
    let slots = (0u32..).map(Slot::new).take(view.index.slots());
    let mut shares = Vec::with_capacity(view.index.slots());
    for slot in slots.clone() {
        meter.spend(1 + view.index.outgoing(slot).len() as u64)?;
        shares.push(groups_of(view, redundant, slot).count());
    }
    let rank = |slot: Slot| (shares[slot.index()], Reverse(slot));
    let mut marked_by = vec![u32::MAX; view.index.group_numbers()];
    for heavy in slots.filter(|slot| shares[slot.index()] > 0) {
        let lighter: Vec<Slot> = hard_neighbours(view, heavy, meter)?
            .into_iter()
            .filter(|other| shares[other.index()] > 0 && rank(*other) < rank(heavy))
            .collect();
        if lighter.is_empty() {
            continue;
        }
        meter.spend(view.index.outgoing(heavy).len() as u64)?;
        for group in groups_of(view, redundant, heavy) {
            marked_by[group as usize] = heavy.number();
        }
        for light in lighter {
            meter.spend(view.index.outgoing(light).len() as u64)?;
            for group in groups_of(view, redundant, light).filter(|group| marked_by[*group as usize] == heavy.number())
            {
                meter.list(2)?;
                ends.extend([(group, heavy), (group, light)]);
            }
        }
    }
    Ok(())
}

/// The redundant groups in which a CI counts.
fn groups_of(view: ImpactView<'_>, redundant: &Redundant, slot: Slot) -> impl Iterator<Item = u32> {
    let groups = view.index.outgoing(slot).iter();
    groups
        .filter(|link| link.is_group() && strength(**link) != Strength::NONE && redundant.contains(link.other))
        .map(|link| link.other)
}

/// Whom a CI takes down in one step, and who takes it down, by slot.
fn hard_neighbours(view: ImpactView<'_>, slot: Slot, meter: &mut Meter<'_>) -> Result<Vec<Slot>, TruncationReason> {
    let (outgoing, incoming) = (view.index.outgoing(slot), view.index.incoming(slot));
    meter.spend((outgoing.len() + incoming.len()) as u64)?;
    let mut found = Vec::new();
    for link in outgoing.iter().chain(incoming).filter(|link| !link.is_group()) {
        if is_hard(*link) {
            found.push(Slot::new(link.other));
        }
    }
    for link in outgoing.iter().filter(|link| link.is_group()) {
        let gate = view.index.gate_of(link.other);
        let as_member = Link {
            other: slot.number(),
            ..*link
        };
        if takes_down_alone(view, &gate, link.other, as_member) {
            found.push(gate.consumer);
        }
    }
    for link in incoming.iter().filter(|link| link.is_group()) {
        let (gate, members) = (view.index.gate_of(link.other), view.index.members(link.other));
        meter.spend(members.len() as u64)?;
        let needed = members
            .iter()
            .filter(|member| takes_down_alone(view, &gate, link.other, **member));
        found.extend(needed.map(|member| Slot::new(member.other)));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

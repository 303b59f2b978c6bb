//! CIs that are the same to a target: whatever else has failed, it falls with the one just when it
//! falls with the other.
//!
//! Let a take b down for sure, and let b take down all that a hits directly. Then a brings b about,
//! and once b is down a adds nothing but itself (section 2.6 of the law: a fixpoint extended by what
//! it holds already stays as it is). So a disk, its server and the one instance on it are tried once.

use rustc_hash::FxHashMap;

use crate::graph::Slot;
use crate::impact::dependence::{each_way, when_down};
use crate::impact::probe::Probe;
use crate::impact::report::TruncationReason;
use crate::model::ImpactState;

/// Candidates that are the same to the target, together: each class by CI id, and the classes by
/// their first. `candidates` is by CI id; the probe is confined to what the target depends on, and
/// nothing has failed.
///
/// Costs one failure a candidate, and for each way into it the links of who fails there.
///
/// # Errors
///
/// Where the budget does not last.
pub(super) fn classes(probe: &mut Probe<'_>, candidates: &[Slot]) -> Result<Vec<Vec<Slot>>, TruncationReason> {
    let places: FxHashMap<Slot, usize> = candidates.iter().copied().zip(0..).collect();
    let mut first: Vec<usize> = (0..candidates.len()).collect();
    for (place, slot) in candidates.iter().enumerate() {
        let mark = probe.mark();
        let alike = fail_and_compare(probe, *slot, &places);
        probe.undo(mark);
        for other in alike? {
            let (one, other) = (find(&mut first, place), find(&mut first, other));
            first[one.max(other)] = one.min(other);
        }
    }
    let mut classes: Vec<Vec<Slot>> = vec![Vec::new(); candidates.len()];
    for (place, slot) in candidates.iter().enumerate() {
        classes[find(&mut first, place)].push(*slot);
    }
    classes.retain(|class| !class.is_empty());
    Ok(classes)
}

/// Lets `slot` fail, and finds those that take it down for sure and hit nobody who is still up.
fn fail_and_compare(
    probe: &mut Probe<'_>,
    slot: Slot,
    places: &FxHashMap<Slot, usize>,
) -> Result<Vec<usize>, TruncationReason> {
    let mut takers = Vec::new();
    each_way(probe, slot, |way| {
        if when_down(way.alone) == ImpactState::Down.level() {
            takers.extend(places.get(&way.source).map(|place| (*place, way.source)));
        }
    })?;
    if takers.is_empty() {
        return Ok(Vec::new());
    }
    probe.fail_down(slot, |_, _| false)?;
    let index = probe.view().index;
    let mut alike = Vec::new();
    for (place, taker) in takers {
        let links = index.outgoing(taker);
        probe.charge(links.len() as u64)?;
        let adds_nothing = links.iter().all(|link| {
            let target = if link.is_group() {
                index.consumer(link.other)
            } else {
                Slot::new(link.other)
            };
            probe.state(target) == ImpactState::Down || !probe.can_be_hit(target)
        });
        if adds_nothing {
            alike.push(place);
        }
    }
    Ok(alike)
}

/// The first of the class that a place is in.
fn find(first: &mut [usize], mut place: usize) -> usize {
    while first[place] != place {
        first[place] = first[first[place]];
        place = first[place];
    }
    place
}

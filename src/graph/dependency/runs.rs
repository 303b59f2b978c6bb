//! Many short lists in one arena: one contiguous run of links per slot, with slack to grow.
//!
//! A run that outgrows its room moves to a larger one; the room it left serves other runs, and
//! when more is free than used the arena is rewritten in slot order. So adding costs amortised
//! O(1), and reading a run is reading one slice.

/// One end of an arc or membership: eight bytes, because millions of them are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// What it leads to: a CI's slot, or a group's number when [`Link::is_group`] says so.
    pub(crate) other: u32,
    /// The relationship type's number, [`Link::UNTYPED`] or [`Link::SEVERAL`].
    pub(crate) relationship_type: u16,
    /// The strength's number.
    pub(crate) strength: u8,
    /// 0: a plain arc. Else it concerns a group: a member's weight, or [`Link::HEAVY`].
    pub(crate) kind: u8,
}

impl Link {
    /// In place of a relationship type: a member its group lists by itself.
    pub(crate) const UNTYPED: u16 = u16::MAX;
    /// In place of a relationship type: a member by several contributions, kept beside the runs.
    pub(crate) const SEVERAL: u16 = u16::MAX - 1;
    /// In place of a weight: too large for the byte, kept beside the runs.
    pub(crate) const HEAVY: u8 = u8::MAX;
    const FILLER: Self = Self {
        other: u32::MAX,
        relationship_type: Self::UNTYPED,
        strength: 0,
        kind: 0,
    };

    /// Whether the other end is a group, not a CI.
    pub(crate) const fn is_group(self) -> bool {
        self.kind != 0
    }
}

/// Where a run lies: its start, its length (26 bits) and the class of its room (6 bits). A run
/// without slack has the class [`EXACT`].
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    start: u32,
    packed: u32,
}

const LENGTH_BITS: u32 = 26;
const LENGTH_MASK: u32 = (1 << LENGTH_BITS) - 1;

/// In place of a class: the room is as long as the run.
const EXACT: u32 = 63;

/// Runs up to this length are compacted without slack: most are that short, and moving one that
/// grows later costs little.
const EXACT_LENGTH_MAX: u32 = 64;

/// Arenas below so many free links are not worth rewriting.
const COMPACT_FREE_MIN: usize = 1 << 16;

impl Header {
    const fn new(start: u32, length: u32, class: u32) -> Self {
        Self {
            start,
            packed: class << LENGTH_BITS | length,
        }
    }

    const fn length(self) -> u32 {
        self.packed & LENGTH_MASK
    }

    const fn class(self) -> u32 {
        self.packed >> LENGTH_BITS
    }

    /// Links there is room for.
    const fn room(self) -> u32 {
        if self.class() == EXACT {
            self.length()
        } else {
            capacity(self.class())
        }
    }
}

/// Room of a class: 0, 1, 2, 3, 4, 6, 8, 12, 16 ... two classes an octave.
const fn capacity(class: u32) -> u32 {
    match class {
        0 => 0,
        1 => 1,
        even if even.is_multiple_of(2) => 1 << (even / 2),
        odd => 3 << ((odd - 3) / 2),
    }
}

/// The smallest class with room for `length` links.
fn class_for(length: u32) -> u32 {
    (0..62).find(|class| capacity(*class) >= length).unwrap_or(62)
}

/// One run of links per slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    headers: Vec<Header>,
    links: Vec<Link>,
    /// Starts of the unused rooms, by class.
    free: Vec<Vec<u32>>,
    free_links: usize,
}

impl Runs {
    /// Slots with a header, used or not.
    pub(super) fn slots(&self) -> usize {
        self.headers.len()
    }

    /// Makes room for the run of `slot`.
    pub(super) fn ensure(&mut self, slot: usize) {
        if slot >= self.headers.len() {
            self.headers.resize(slot + 1, Header::default());
        }
    }

    /// The run of `slot`, empty for a slot never seen. The order within a run means nothing.
    #[inline]
    pub(super) fn run(&self, slot: usize) -> &[Link] {
        self.headers.get(slot).map_or(&[], |header| {
            let start = header.start as usize;
            &self.links[start..start + header.length() as usize]
        })
    }

    /// Overwrites one link of a run.
    pub(super) fn set(&mut self, slot: usize, position: usize, link: Link) {
        let start = self.headers[slot].start as usize;
        self.links[start + position] = link;
    }

    /// Adds a link to the run of `slot`: amortised O(1).
    pub(super) fn push(&mut self, slot: usize, link: Link) {
        self.ensure(slot);
        let header = self.headers[slot];
        if header.length() == header.room() {
            self.relocate(slot, class_for(header.length() + 1));
        }
        let header = self.headers[slot];
        assert!(header.length() < LENGTH_MASK, "a run holds less than 2^26 links");
        self.links[(header.start + header.length()) as usize] = link;
        self.headers[slot] = Header::new(header.start, header.length() + 1, header.class());
        self.compact_if_sparse();
    }

    /// Takes the link at `position` out of the run of `slot`; the last one takes its place.
    pub(super) fn swap_remove(&mut self, slot: usize, position: usize) {
        let header = self.headers[slot];
        let start = header.start as usize;
        let last = header.length() - 1;
        self.links[start + position] = self.links[start + last as usize];
        self.headers[slot] = Header::new(header.start, last, header.class());
        if last == 0 {
            self.release(header);
            self.headers[slot] = Header::default();
        } else if header.class() == EXACT {
            self.free_links += 1;
        } else if last * 4 <= header.room() {
            self.relocate(slot, class_for(last) + 1);
        }
        self.compact_if_sparse();
    }

    /// Rewrites the arena in slot order, short runs without slack: O(slots + links).
    pub(super) fn compact(&mut self) {
        let compacted = |start: u32, length: u32| match length {
            0 => Header::default(),
            1..=EXACT_LENGTH_MAX => Header::new(start, length, EXACT),
            _ => Header::new(start, length, class_for(length)),
        };
        let room = |header: &Header| compacted(0, header.length()).room() as usize;
        let mut links = Vec::with_capacity(self.headers.iter().map(room).sum());
        for header in &mut self.headers {
            let from = header.start as usize;
            let start = offset(links.len());
            links.extend_from_slice(&self.links[from..from + header.length() as usize]);
            *header = compacted(start, header.length());
            links.resize(start as usize + header.room() as usize, Link::FILLER);
        }
        self.links = links;
        self.free.clear();
        self.free_links = 0;
        self.headers.shrink_to_fit();
    }

    fn compact_if_sparse(&mut self) {
        if self.free_links > COMPACT_FREE_MIN && self.free_links * 2 > self.links.len() + self.headers.len() {
            self.compact();
        }
    }

    fn relocate(&mut self, slot: usize, class: u32) {
        let old = self.headers[slot];
        let start = if let Some(start) = self.free.get_mut(class as usize).and_then(Vec::pop) {
            self.free_links -= capacity(class) as usize;
            start
        } else {
            let start = offset(self.links.len());
            let end = self.links.len() + capacity(class) as usize;
            self.links.resize(end, Link::FILLER);
            start
        };
        let from = old.start as usize;
        self.links
            .copy_within(from..from + old.length() as usize, start as usize);
        self.headers[slot] = Header::new(start, old.length(), class);
        self.release(old);
    }

    fn release(&mut self, header: Header) {
        let class = match header.class() {
            // What is beyond the class is lost until the next rewriting, and counts as free.
            EXACT => (0..62).rfind(|class| capacity(*class) <= header.length()).unwrap_or(0),
            class => class,
        } as usize;
        if class == 0 {
            return;
        }
        if self.free.len() <= class {
            self.free.resize(class + 1, Vec::new());
        }
        self.free[class].push(header.start);
        self.free_links += header.room() as usize;
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("an arena holds less than 2^32 links, 32 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(other: u32) -> Link {
        Link { other, ..Link::FILLER }
    }

    #[test]
    fn classes_grow_by_less_than_half_and_find_their_room() {
        let first: Vec<u32> = (0..10).map(capacity).collect();
        assert_eq!(first, [0, 1, 2, 3, 4, 6, 8, 12, 16, 24]);
        assert!(
            (1..1000).all(|length| capacity(class_for(length)) >= length && capacity(class_for(length)) < length * 2)
        );
    }

    #[test]
    fn runs_keep_their_links_through_growth_removal_and_compaction() {
        let mut runs = Runs::default();
        for number in 0..100_000u32 {
            runs.push((number % 7) as usize, link(number));
        }
        for number in (0..100_000u32).filter(|number| number % 3 != 0) {
            let slot = (number % 7) as usize;
            let position = runs.run(slot).len() / 2;
            let gone = runs.run(slot)[position].other;
            runs.swap_remove(slot, position);
            assert!(gone < 100_000);
        }
        let count = |runs: &Runs| (0..7).map(|slot| runs.run(slot).len()).sum::<usize>();
        let before: Vec<Vec<Link>> = (0..7).map(|slot| runs.run(slot).to_vec()).collect();
        assert_eq!(count(&runs), 33_334);
        runs.compact();
        let after: Vec<Vec<Link>> = (0..7).map(|slot| runs.run(slot).to_vec()).collect();
        assert_eq!(before, after);
        assert!(runs.links.len() < 33_334 * 2);
    }
}

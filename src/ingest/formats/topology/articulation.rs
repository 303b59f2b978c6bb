//! The nodes whose loss cuts a network in two.

/// For each node whether it is an articulation point: some of its neighbours reach each other only
/// through it. Hopcroft and Tarjan's depth-first search, without recursion, in the time and space of
/// nodes and links.
///
/// A triangle has none; of three nodes in a line it is the one between.
pub(super) fn articulation_points(neighbours: &[Vec<usize>]) -> Vec<bool> {
    let count = neighbours.len();
    let mut cuts = vec![false; count];
    // When a node was first met, from 1; and the earliest node that what hangs on it leads back to.
    let mut met = vec![0_usize; count];
    let mut low = vec![0_usize; count];
    let mut clock = 0;
    for root in 0..count {
        if met[root] != 0 {
            continue;
        }
        clock += 1;
        met[root] = clock;
        low[root] = clock;
        let mut branches = 0;
        // A node, the one it was reached from, and how many of its neighbours are done.
        let mut path: Vec<(usize, usize, usize)> = vec![(root, root, 0)];
        while let Some((node, parent, done)) = path.last_mut() {
            let (node, parent) = (*node, *parent);
            if let Some(next) = neighbours[node].get(*done).copied() {
                *done += 1;
                if met[next] == 0 {
                    clock += 1;
                    met[next] = clock;
                    low[next] = clock;
                    path.push((next, node, 0));
                } else if next != parent {
                    low[node] = low[node].min(met[next]);
                }
                continue;
            }
            path.pop();
            if node == root {
                continue;
            }
            low[parent] = low[parent].min(low[node]);
            if parent == root {
                branches += 1;
            } else if low[node] >= met[parent] {
                cuts[parent] = true;
            }
        }
        cuts[root] = branches > 1;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::articulation_points;

    fn cuts(count: usize, links: &[(usize, usize)]) -> Vec<usize> {
        let mut neighbours = vec![Vec::new(); count];
        for (one, other) in links {
            neighbours[*one].push(*other);
            neighbours[*other].push(*one);
        }
        let cuts = articulation_points(&neighbours);
        (0..count).filter(|node| cuts[*node]).collect()
    }

    #[test]
    fn what_lies_between_is_an_articulation_point() {
        assert_eq!(cuts(3, &[(0, 1), (1, 2), (0, 2)]), [0; 0]);
        assert_eq!(cuts(3, &[(0, 1), (1, 2)]), [1]);
        assert_eq!(cuts(4, &[(0, 1), (0, 2), (0, 3)]), [0]);
        assert_eq!(cuts(3, &[(0, 1), (0, 1), (1, 2)]), [1], "parallel links");
        assert_eq!(cuts(5, &[(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (2, 4)]), [2]);
        assert_eq!(cuts(4, &[(0, 1), (2, 3)]), [0; 0], "two parts");
    }

    #[test]
    fn it_agrees_with_taking_each_node_out() {
        let mut seed = 7_usize;
        let mut random = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let count = 2 + random(9);
            let links: Vec<(usize, usize)> = (0..random(14)).map(|_| (random(count), random(count))).collect();
            let links: Vec<(usize, usize)> = links.into_iter().filter(|(one, other)| one != other).collect();
            let parts = |without: Option<usize>| {
                let mut part: Vec<usize> = (0..count).collect();
                for _ in 0..count {
                    for (one, other) in links
                        .iter()
                        .filter(|(one, other)| Some(*one) != without && Some(*other) != without)
                    {
                        let least = part[*one].min(part[*other]);
                        (part[*one], part[*other]) = (least, least);
                    }
                }
                (0..count)
                    .filter(|node| part[*node] == *node && Some(*node) != without)
                    .count()
            };
            let expected: Vec<usize> = (0..count).filter(|node| parts(Some(*node)) > parts(None)).collect();
            assert_eq!(cuts(count, &links), expected, "{links:?}");
        }
    }
}

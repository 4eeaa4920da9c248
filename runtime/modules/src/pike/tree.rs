//! The tree of addresses: one node a byte. An address is known byte by byte, so that many addresses of one network
//! cost little; the numbers of hits that block an address are those of the real server (captured).

use std::{collections::HashMap, net::IpAddr};

/// Nodes that the tree may hold; beyond, new addresses are not counted.
const MOST_NODES: usize = 1 << 20;

/// What a hit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Below the limit.
    Fine,
    /// Over the limit for the first time.
    NewlyBlocked,
    /// Still over it.
    Blocked,
}

#[derive(Default)]
struct Node {
    /// Hits of this and of the last unit of time.
    hits: [u32; 2],
    /// The same, for whole addresses only.
    leaf_hits: [u32; 2],
    /// A whole address ends here.
    leaf: bool,
    /// It was reported as blocked.
    blocked: bool,
    /// Second in which it is forgotten, unless hit again.
    expires: i64,
    children: Vec<(u8, u32)>,
    parent: u32,
    byte: u8,
    /// It is part of the tree; else its place is free.
    used: bool,
}

impl Node {
    fn is_over(&self, limit: u32) -> bool {
        self.leaf_hits.iter().any(|hits| *hits >= limit)
    }
}

/// One address in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The address.
    pub address: IpAddr,
    /// Hits of the last unit and of this one.
    pub hits: [u32; 2],
    /// Seconds until it is forgotten.
    pub expires: i64,
    /// Its state.
    pub heat: Heat,
}

/// How close an address is to the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heat {
    /// Over it.
    Hot,
    /// Its network is.
    Warm,
    /// Neither.
    Cold,
}

/// The tree.
pub(super) struct Tree {
    nodes: Vec<Node>,
    free: Vec<u32>,
    /// Nodes of first bytes. IPv4 and IPv6 share them.
    roots: HashMap<u8, u32>,
    limit: u32,
    /// Seconds for which a node is kept after its last hit.
    latency: i64,
}

impl Tree {
    /// An empty tree.
    pub fn new(limit: u32, latency: i64) -> Tree {
        Tree { nodes: Vec::new(), free: Vec::new(), roots: HashMap::new(), limit, latency }
    }

    /// Counts a request of an address.
    pub fn hit(&mut self, address: IpAddr, now: i64) -> Verdict {
        match address {
            IpAddr::V4(v4) => self.hit_bytes(&v4.octets(), now),
            IpAddr::V6(v6) => self.hit_bytes(&v6.octets(), now),
        }
    }

    fn hit_bytes(&mut self, bytes: &[u8], now: i64) -> Verdict {
        let Some((first, rest)) = bytes.split_first() else { return Verdict::Fine };
        let Some(mut at) = self.roots.get(first).copied() else {
            if let Some(node) = self.make(*first, u32::MAX, 1, now) {
                self.roots.insert(*first, node);
            }
            return Verdict::Fine;
        };
        let split = self.limit >> 2;
        let expires = now + self.latency;
        self.touch(at, expires);
        for (depth, byte) in rest.iter().enumerate() {
            let next = self.node(at).children.iter().find(|(b, _)| b == byte).map(|(_, node)| *node);
            if let Some(next) = next {
                at = next;
                // The last byte's node counts whole addresses instead.
                if depth + 1 < rest.len() {
                    self.touch(at, expires);
                }
                continue;
            }
            let hits = self.node(at).hits[0];
            if hits >= split
                && let Some(node) = self.make(*byte, at, hits, now)
            {
                self.node_mut(node).leaf = depth + 1 == rest.len();
                self.node_mut(at).children.push((*byte, node));
            }
            return Verdict::Fine;
        }
        self.hit_leaf(at, expires)
    }

    fn hit_leaf(&mut self, at: u32, expires: i64) -> Verdict {
        let limit = self.limit;
        let node = self.node_mut(at);
        node.leaf = true;
        node.leaf_hits[0] = node.leaf_hits[0].saturating_add(1);
        node.expires = expires;
        if !node.is_over(limit) {
            return Verdict::Fine;
        }
        let first = !std::mem::replace(&mut node.blocked, true);
        if first { Verdict::NewlyBlocked } else { Verdict::Blocked }
    }

    fn touch(&mut self, at: u32, expires: i64) {
        let node = self.node_mut(at);
        node.hits[0] = node.hits[0].saturating_add(1);
        node.expires = expires;
    }

    /// Nodes are only named by those that hold them, so the index is in range.
    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    fn node_mut(&mut self, at: u32) -> &mut Node {
        &mut self.nodes[at as usize]
    }

    fn make(&mut self, byte: u8, parent: u32, hits: u32, now: i64) -> Option<u32> {
        let expires = now + self.latency;
        let node = Node { hits: [hits, 0], byte, parent, expires, used: true, ..Node::default() };
        if let Some(at) = self.free.pop() {
            *self.node_mut(at) = node;
            return Some(at);
        }
        if self.nodes.len() >= MOST_NODES {
            return None;
        }
        self.nodes.push(node);
        Some(self.nodes.len() as u32 - 1)
    }

    /// Ends a unit of time. Gives the addresses that are no longer blocked.
    pub fn next_unit(&mut self) -> Vec<IpAddr> {
        let limit = self.limit;
        let mut freed = Vec::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            node.hits = [0, node.hits[0]];
            node.leaf_hits = [0, node.leaf_hits[0]];
            if node.blocked && !node.is_over(limit) {
                node.blocked = false;
                freed.push(at as u32);
            }
        }
        freed.into_iter().filter_map(|at| self.address(at)).collect()
    }

    /// Forgets nodes that were not hit for a while; a node that loses its last child is kept a while longer
    /// (captured). Gives the blocked addresses among them.
    pub fn expire(&mut self, now: i64) -> Vec<IpAddr> {
        let mut freed = Vec::new();
        for at in 0..self.nodes.len() as u32 {
            let node = self.node(at);
            if !node.used || node.expires > now || !node.children.is_empty() {
                continue;
            }
            let (parent, byte) = (node.parent, node.byte);
            if node.blocked {
                freed.extend(self.address(at));
            }
            if parent == u32::MAX {
                self.roots.remove(&byte);
            } else {
                let latency = self.latency;
                let parent = self.node_mut(parent);
                parent.children.retain(|(_, child)| *child != at);
                if parent.children.is_empty() {
                    parent.expires = now + latency;
                }
            }
            *self.node_mut(at) = Node::default();
            self.free.push(at);
        }
        freed
    }

    /// The whole address that ends at a node.
    fn address(&self, mut at: u32) -> Option<IpAddr> {
        let mut bytes = Vec::with_capacity(16);
        while at != u32::MAX && bytes.len() <= 16 {
            bytes.push(self.node(at).byte);
            at = self.node(at).parent;
        }
        bytes.reverse();
        match bytes.len() {
            4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
            16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
            _ => None,
        }
    }

    /// All whole addresses: first bytes from the greatest down, further ones as they came (captured).
    pub fn rows(&self, now: i64) -> Vec<Row> {
        let mut roots: Vec<(u8, u32)> = self.roots.iter().map(|(byte, node)| (*byte, *node)).collect();
        roots.sort_unstable();
        let mut rows = Vec::new();
        let mut stack: Vec<u32> = roots.into_iter().map(|(_, node)| node).collect();
        while let Some(at) = stack.pop() {
            let node = self.node(at);
            stack.extend(node.children.iter().rev().map(|(_, child)| *child));
            let Some(address) = self.address(at).filter(|_| node.leaf) else { continue };
            let heat = if node.is_over(self.limit) {
                Heat::Hot
            } else if node.hits.iter().any(|hits| *hits >= self.limit) {
                Heat::Warm
            } else {
                Heat::Cold
            };
            let hits = [node.leaf_hits[1], node.leaf_hits[0]];
            rows.push(Row { address, hits, expires: node.expires - now, heat });
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits_until_blocked(tree: &mut Tree, address: &str) -> u32 {
        let address = address.parse().unwrap();
        (1..).find(|_| tree.hit(address, 0) == Verdict::NewlyBlocked).unwrap()
    }

    /// All numbers captured.
    #[test]
    fn as_many_hits_block_as_on_the_real_server() {
        for (limit, fresh) in
            [(0, 5), (1, 5), (2, 6), (3, 7), (4, 8), (5, 9), (10, 14), (16, 22), (30, 39), (64, 82)]
        {
            let mut tree = Tree::new(limit, 120);
            assert_eq!(hits_until_blocked(&mut tree, "10.1.2.3"), fresh, "limit {limit}");
            if limit > 0 {
                assert_eq!(hits_until_blocked(&mut tree, "10.1.2.4"), limit + 1);
                assert_eq!(hits_until_blocked(&mut tree, "10.1.3.4"), limit + 2);
                assert_eq!(hits_until_blocked(&mut tree, "10.9.3.4"), limit + 3);
            }
        }
    }

    #[test]
    fn networks_are_split_by_this_units_hits_only() {
        let mut tree = Tree::new(16, 120);
        for _ in 0..4 {
            tree.hit("10.1.2.3".parse().unwrap(), 0);
        }
        tree.next_unit();
        assert_eq!(hits_until_blocked(&mut tree, "10.1.2.3"), 21);
    }

    #[test]
    fn a_quiet_unit_frees_an_address_and_time_forgets_it() {
        let mut tree = Tree::new(4, 10);
        let address = "10.1.2.3".parse().unwrap();
        hits_until_blocked(&mut tree, "10.1.2.3");
        assert!(tree.next_unit().is_empty());
        assert_eq!(tree.hit(address, 1), Verdict::Blocked);
        assert_eq!(tree.next_unit(), [address]);
        assert!(tree.expire(10).is_empty() && tree.rows(10).len() == 1);
        tree.expire(11);
        assert!(tree.rows(11).is_empty());
        for now in [30, 50, 70] {
            tree.expire(now);
        }
        assert!(tree.roots.is_empty() && tree.free.len() == tree.nodes.len());
    }
}

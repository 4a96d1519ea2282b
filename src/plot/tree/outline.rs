//! Which nodes of a tree are drawn, and in which rows: folded where the tree is deep or large. Knows no drawing.

use crate::taxonomy::Layout;

/// Most nodes of a figure; what is deeper is folded.
pub const MAX_NODES: usize = 2000;
/// Most levels below the root of a figure.
pub const MAX_DEPTH: usize = 40;

/// A node that is drawn. The root has no slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its slot; none for the root and for what stands for the siblings that are left out.
    pub slot: Option<usize>,
    /// Place of the parent in the list.
    pub parent: Option<usize>,
    /// Steps from the root.
    pub depth: usize,
    /// Place among the rows; that of an inner node is the middle of its children.
    pub row: f64,
    /// No children are drawn.
    pub leaf: bool,
    /// Nodes below it that are not drawn; of what stands for siblings: how many they are.
    pub hidden: usize,
    /// Stands for siblings that are left out.
    pub rest: bool,
}

/// The drawn part of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The root, then the others in pre-order.
    pub nodes: Vec<Node>,
    /// Number of rows: of leaves.
    pub rows: usize,
    /// Deepest level that is drawn.
    pub depth: usize,
    /// Nodes of the tree, the root and residuals included.
    pub total: usize,
}

impl Outline {
    /// The tree down to `depth` (at least 1), or as far as there is room.
    pub fn new(layout: &Layout, depth: Option<usize>) -> Outline {
        let wanted = depth.unwrap_or(MAX_DEPTH).clamp(1, MAX_DEPTH);
        let mut at_depth = vec![0usize; wanted + 1];
        for slot in &layout.slots {
            if let Some(n) = at_depth.get_mut(slot.depth as usize) {
                *n += 1;
            }
        }
        let mut drawn = 1;
        let mut depth = 0;
        for (level, n) in at_depth.iter().enumerate().skip(1) {
            drawn += n;
            if *n == 0 || (drawn > MAX_NODES && level > 1) {
                break;
            }
            depth = level;
        }
        let mut nodes = vec![Node { slot: None, parent: None, depth: 0, row: 0.0, leaf: layout.is_empty(), hidden: 0, rest: false }];
        // Place in the list of the last node at each depth: the parent of what comes next below it.
        let mut last = vec![0usize; depth + 1];
        let mut slot = 0;
        while let Some(s) = layout.slots.get(slot) {
            let level = s.depth as usize;
            if nodes.len() > MAX_NODES {
                let left = layout.slots.iter().skip(slot).filter(|s| s.depth == 1).count();
                nodes.push(Node { slot: None, parent: Some(0), depth: 1, row: 0.0, leaf: true, hidden: left, rest: true });
                break;
            }
            let folded = level == depth;
            let below = layout.subtree(slot).len() - 1;
            last[level] = nodes.len();
            let leaf = folded || below == 0;
            let hidden = if folded { below } else { 0 };
            nodes.push(Node { slot: Some(slot), parent: Some(last[level - 1]), depth: level, row: 0.0, leaf, hidden, rest: false });
            slot += 1 + hidden;
        }
        let rows = place(&mut nodes);
        Outline { nodes, rows, depth, total: layout.len() + 1 }
    }

    /// Nodes that are not drawn.
    pub fn hidden(&self) -> usize {
        self.total - self.nodes.iter().filter(|n| !n.rest).count()
    }
}

/// Leaves in rows of their own, inner nodes in the middle of their children. Says how many rows there are.
fn place(nodes: &mut [Node]) -> usize {
    let mut rows = 0;
    for node in nodes.iter_mut().filter(|n| n.leaf) {
        node.row = rows as f64;
        rows += 1;
    }
    // First and last child's row; children come after their parent.
    let mut span: Vec<Option<(f64, f64)>> = vec![None; nodes.len()];
    for i in (0..nodes.len()).rev() {
        if let Some((low, high)) = span[i] {
            nodes[i].row = f64::midpoint(low, high);
        }
        let row = nodes[i].row;
        if let Some(parent) = nodes[i].parent {
            let (low, high) = span[parent].unwrap_or((row, row));
            span[parent] = Some((low.min(row), high.max(row)));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::testing::tree;
    use crate::taxonomy::Taxonomy;

    fn rows(outline: &Outline) -> Vec<(usize, f64, bool, usize)> {
        outline.nodes.iter().map(|n| (n.depth, n.row, n.leaf, n.hidden)).collect()
    }

    #[test]
    fn leaves_are_evenly_spaced_and_parents_stand_in_their_middle() {
        let layout = Layout::new(&tree("O{A{A1,A2,A3},B~{B1}}"));
        let outline = Outline::new(&layout, None);
        // O, A, A1, A2, A3, B, B1, other B.
        let expected = [
            (0, 2.25, false, 0),
            (1, 1.0, false, 0),
            (2, 0.0, true, 0),
            (2, 1.0, true, 0),
            (2, 2.0, true, 0),
            (1, 3.5, false, 0),
            (2, 3.0, true, 0),
            (2, 4.0, true, 0),
        ];
        assert_eq!(rows(&outline), expected);
        assert_eq!((outline.rows, outline.depth, outline.hidden()), (5, 2, 0));
        let folded = Outline::new(&layout, Some(1));
        assert_eq!(rows(&folded), [(0, 0.5, false, 0), (1, 0.0, true, 3), (1, 1.0, true, 2)]);
        assert_eq!(folded.hidden(), 5);
    }

    #[test]
    fn huge_trees_are_folded() {
        let mut deep = Taxonomy::new("deep", "n0");
        let mut at = deep.root();
        for i in 1..100_000 {
            at = deep.add_child(at, format!("n{i}")).unwrap();
        }
        let outline = Outline::new(&Layout::new(&deep), None);
        assert_eq!((outline.nodes.len(), outline.rows, outline.hidden()), (MAX_DEPTH + 1, 1, 100_000 - MAX_DEPTH - 1));
        assert_eq!(outline.nodes.last().map(|n| n.hidden), Some(100_000 - MAX_DEPTH - 1));
        let mut wide = Taxonomy::new("wide", "root");
        for i in 0..5000 {
            wide.add_child(wide.root(), format!("n{i}")).unwrap();
        }
        let outline = Outline::new(&Layout::new(&wide), None);
        assert_eq!((outline.nodes.len(), outline.rows), (MAX_NODES + 2, MAX_NODES + 1));
        assert!(outline.nodes.last().is_some_and(|n| n.rest && n.hidden == 5000 - MAX_NODES));
        // Three levels of which the last does not fit.
        let mut t = Taxonomy::new("t", "root");
        for i in 0..100 {
            let g = t.add_child(t.root(), format!("g{i}")).unwrap();
            for j in 0..30 {
                t.add_child(g, format!("g{i}-{j}")).unwrap();
            }
        }
        let outline = Outline::new(&Layout::new(&t), None);
        assert_eq!((outline.nodes.len(), outline.depth, outline.hidden()), (101, 1, 3000));
    }

    #[test]
    fn a_root_alone() {
        let outline = Outline::new(&Layout::new(&tree("O")), None);
        assert_eq!((outline.nodes.len(), outline.rows, outline.depth), (1, 1, 0));
    }
}

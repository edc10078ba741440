//! Finds types that contain themselves. Where such a cycle closes, a type is held by reference, because a constant cannot contain itself.

use std::collections::BTreeMap;

use crate::catalog::{TypeDef, TypeKind, TypeRef, TypeShape};

/// Makes each reference between types of one cycle a [`TypeKind::Boxed`].
pub(super) fn cut<'t>(types: impl Iterator<Item = &'t mut TypeDef>) {
    let mut types: Vec<&mut TypeDef> = types.collect();
    let index: BTreeMap<String, usize> = types
        .iter()
        .enumerate()
        .map(|(index, def)| (def.rust_name.clone(), index))
        .collect();
    let edges = types.iter().map(|def| {
        let names = def.parts().into_iter().filter_map(TypeRef::name);
        names.filter_map(|name| index.get(name).copied()).collect()
    });
    let edges: Vec<Vec<usize>> = edges.collect();
    let cycle = cycles(&edges);
    for (from, def) in types.iter_mut().enumerate() {
        each_kind(def, &mut |kind| {
            if let TypeKind::Named(name) = kind
                && let Some(to) = index.get(name.as_str())
                && cycle[from] == cycle[*to]
            {
                *kind = TypeKind::Boxed(std::mem::take(name));
            }
        });
    }
}

/// Returns the number of the cycle (strongly connected component) of each node. A node outside any cycle has its own number.
///
/// Kosaraju's algorithm is used without recursion, because the document decides how deep a recursion would be.
fn cycles(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        walk(edges, start, &mut seen, &mut |node| order.push(node));
    }
    let mut back = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            back[*to].push(from);
        }
    }
    let mut cycle = vec![0; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in order.into_iter().rev() {
        walk(&back, start, &mut seen, &mut |node| cycle[node] = start);
    }
    cycle
}

/// Visits each node that is reachable from `start` and not yet seen, after the nodes to which it leads.
fn walk(edges: &[Vec<usize>], start: usize, seen: &mut [bool], visit: &mut impl FnMut(usize)) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut open = vec![(start, 0)];
    while let Some((node, next)) = open.pop() {
        match edges[node].get(next) {
            Some(to) => {
                open.push((node, next + 1));
                if !std::mem::replace(&mut seen[*to], true) {
                    open.push((*to, 0));
                }
            }
            None => visit(node),
        }
    }
}

/// Calls `change` with each kind in a type, at any depth.
pub(super) fn each_kind(def: &mut TypeDef, change: &mut impl FnMut(&mut TypeKind)) {
    match &mut def.shape {
        TypeShape::Struct { fields, additional } => {
            let fields = fields.iter_mut().map(|field| &mut field.ty);
            fields.chain(additional).for_each(|ty| inside(ty, change));
        }
        TypeShape::Union { variants } => {
            let variants = variants.iter_mut();
            variants.for_each(|variant| inside(&mut variant.ty, change));
        }
        TypeShape::Enum { .. } => {}
    }
}

/// Calls `change` with the kind of a type and the kinds of its items or values.
pub(super) fn inside(ty: &mut TypeRef, change: &mut impl FnMut(&mut TypeKind)) {
    change(&mut ty.kind);
    if let TypeKind::Array(of) | TypeKind::Map(of) = &mut ty.kind {
        inside(of, change);
    }
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn nodes_of_one_cycle_have_one_number() {
        // 0 -> 1 -> 2 -> 1, 3 -> 3, 4 -> 0
        let cycle = cycles(&[vec![1], vec![2], vec![1], vec![3], vec![0]]);
        assert_eq!(cycle[1], cycle[2]);
        let mut others = [cycle[0], cycle[1], cycle[3], cycle[4]];
        others.sort_unstable();
        assert!(others.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

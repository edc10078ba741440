//! Search index for short texts. A search finds texts despite other word endings, synonyms, incomplete words and typing errors.
//!
//! The scores are those of BM25F (Robertson and Zaragoza, 2009): a word counts more the fewer texts contain it, more in a field with a higher weight, and less in a long field than in a short one.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{plain_query, same, words};

/// Maximum number of words of a query, because each word takes time to compare.
const WORDS: usize = 24;

/// Minimum and maximum length, in characters, of a word that is compared with similar words.
const SHORTEST: usize = 3;
const LONGEST: usize = 40;

/// Saturation of repeated words (`k1` of BM25). With a lower value, repetitions count less.
const SATURATION: f64 = 1.2;

/// Influence of the length of a field, from 0 to 1 (`b` of BM25).
const LENGTH: f64 = 0.6;

/// Factors for a match by a synonym, by the beginning of a word, or with one or two typing errors.
const OF_SAME_MEANING: f64 = 0.75;
const BEGINS_SO: f64 = 0.7;
const WITH_ONE_ERROR: f64 = 0.7;
const WITH_TWO_ERRORS: f64 = 0.5;

/// Factor for an item whose name contains no word of the query.
const UNNAMED: f64 = 0.7;

/// Weight of the words of a field, and the text of the field.
pub(super) type Field = (f64, String);

/// Search index of items. All items have the same fields, and the first field is a name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Words of the name of each item.
    names: Vec<BTreeSet<String>>,
    /// Items that contain each word, with the weight of the word in the item.
    words: BTreeMap<String, Vec<(usize, f64)>>,
}

impl Index {
    /// Creates an index of items that have the same fields in the same order.
    pub(super) fn new<const N: usize>(things: impl Iterator<Item = [Field; N]>) -> Self {
        let things: Vec<_> = things
            .map(|fields| fields.map(|(weight, text)| (weight, words(&text).collect::<Vec<_>>())))
            .collect();
        let mut lengths = [0.0; N];
        for fields in &things {
            for (sum, (_, words)) in lengths.iter_mut().zip(fields) {
                *sum += count(words.len()) / count(things.len());
            }
        }
        let mut index = Self::default();
        for (thing, fields) in things.into_iter().enumerate() {
            let name = fields.first().map(|(_, words)| words.iter().cloned());
            index.names.push(name.into_iter().flatten().collect());
            let mut weights: BTreeMap<String, f64> = BTreeMap::new();
            for ((weight, words), usual) in fields.into_iter().zip(lengths) {
                let length = 1.0 - LENGTH + LENGTH * count(words.len()) / usual;
                for word in words {
                    *weights.entry(word).or_default() += weight / length;
                }
            }
            for (word, weight) in weights {
                index.words.entry(word).or_default().push((thing, weight));
            }
        }
        index
    }

    /// Returns the scores of the items that match at least one word of the query, by the position of the item in the index.
    pub(super) fn scores(&self, query: &str) -> BTreeMap<usize, f64> {
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        let mut all_meant = BTreeSet::new();
        for word in words(&plain_query(query)).take(WORDS) {
            // If several meanings of a word match an item, only the best match counts.
            let mut best: BTreeMap<usize, f64> = BTreeMap::new();
            for (meant, likeness) in self.meant(&word) {
                let found = self.words.get(&meant).map_or(&[][..], Vec::as_slice);
                let rarity = rarity(found.len(), self.names.len()) * likeness;
                for (thing, weight) in found {
                    let score = rarity * weight / (SATURATION + weight);
                    let so_far = best.entry(*thing).or_default();
                    *so_far = so_far.max(score);
                }
                all_meant.insert(meant);
            }
            for (thing, score) in best {
                *scores.entry(thing).or_default() += score;
            }
        }
        // An item whose whole name is in the query ranks before an item whose name contains further words.
        for (thing, score) in &mut scores {
            let name = self.names.get(*thing);
            let (has, of) = name.map_or((0, 0), |name| {
                (name.intersection(&all_meant).count(), name.len())
            });
            *score *= UNNAMED + (1.0 - UNNAMED) * count(has) / count(of.max(1));
        }
        scores
    }

    /// Returns the words that a word of the query can mean, each with its factor.
    fn meant(&self, word: &str) -> Vec<(String, f64)> {
        let same_as = |word: &str, counts: f64| {
            let same: Vec<_> = same(word).collect();
            same.into_iter()
                .map(move |same| (same, counts * OF_SAME_MEANING))
        };
        let mut meant: Vec<_> = same_as(word, 1.0).collect();
        if self.words.contains_key(word) {
            meant.push((word.to_owned(), 1.0));
        }
        if meant.is_empty() {
            for (like, counts) in self.like(word) {
                meant.extend(same_as(&like, counts));
                meant.push((like, counts));
            }
        }
        meant
    }

    /// Returns the words of the index that begin with an unknown word, or else those with the fewest typing errors.
    fn like(&self, word: &str) -> Vec<(String, f64)> {
        let length = word.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Vec::new();
        }
        let longer = self.words.range(word.to_owned()..);
        let begin_so: Vec<_> = longer
            .take_while(|(known, _)| known.starts_with(word))
            .map(|(known, _)| (known.clone(), BEGINS_SO))
            .collect();
        if !begin_so.is_empty() {
            return begin_so;
        }
        let allowed = if length > 5 { 2 } else { 1 };
        let near: Vec<_> = self
            .words
            .keys()
            .filter(|known| known.chars().count().abs_diff(length) <= allowed)
            .map(|known| (strsim::osa_distance(word, known), known))
            .filter(|(errors, _)| *errors <= allowed)
            .collect();
        let least = near.iter().map(|(errors, _)| *errors).min();
        let counts = if least == Some(1) {
            WITH_ONE_ERROR
        } else {
            WITH_TWO_ERRORS
        };
        near.into_iter()
            .filter(|(errors, _)| Some(*errors) == least)
            .map(|(_, known)| (known.clone(), counts))
            .collect()
    }
}

/// Returns the weight of a word that `with` of `all` items contain.
fn rarity(with: usize, all: usize) -> f64 {
    let (with, all) = (count(with), count(all));
    (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
}

/// Converts a count exactly, because counts of an index fit into `u32`.
fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_finds_the_expected_item() {
        let things = [
            ("list users", "Those who may sign in."),
            ("create user", "With a role."),
            ("delete variable", "For good."),
            ("trigger run", "A run of a DAG, by a user."),
        ];
        let index = Index::new(
            things
                .iter()
                .map(|(name, text)| [(3.0, (*name).to_owned()), (1.0, (*text).to_owned())]),
        );
        let rows = [
            ("", None),
            ("zork", None),
            ("list users", Some(0)),
            ("craete usr", Some(1)),
            ("remove variables", Some(2)),
            ("dele var", Some(2)),
            ("variabble", Some(2)),
            ("start a workflow", Some(3)),
            ("administrator", Some(1)),
            // Too short for a comparison with similar words.
            ("uz", None),
        ];
        for (query, expected) in rows {
            let scores = index.scores(query);
            let best = scores.iter().max_by(|a, b| a.1.total_cmp(b.1));
            assert_eq!(best.map(|(thing, _)| *thing), expected, "{query:?}");
        }
        assert!(index.scores(&"u".repeat(100_000)).is_empty());
        assert!(
            Index::new(std::iter::empty::<[Field; 1]>())
                .scores("a user")
                .is_empty()
        );
    }
}

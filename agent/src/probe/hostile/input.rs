//! Bad inputs, made of good ones.

/// Numbers that look like chance and are the same in each run.
pub(in crate::probe) struct Chance(pub(in crate::probe) u64);

impl Chance {
    pub(in crate::probe) fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// What a length, an offset or a number is at its worst, as 32 bits.
const NUMBERS: [u32; 10] = [
    0,
    1,
    3,
    4,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// The input, spoilt in one of many ways.
pub(in crate::probe) fn spoilt(good: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let at = chance.below(bytes.len());
    match chance.below(14) {
        0 => bytes.truncate(at),
        1 => bytes.clear(),
        2 => bytes.extend((0..4096).map(|_| chance.below(256) as u8)),
        3..=5 => {
            for _ in 0..=chance.below(16) {
                let at = chance.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = chance.below(256) as u8;
                }
            }
        }
        // Another encoding.
        6 => bytes = bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
        7 => bytes = bytes[at..].repeat(50),
        // One line that does not end.
        8 => bytes.retain(|byte| *byte != b'\n'),
        // Nothing but noise, as long as it was.
        9 => bytes.fill_with(|| chance.below(256) as u8),
        // A piece that is missing, and one that is there twice.
        10 => {
            let end = (at + 1 + chance.below(64)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        11 => bytes.extend_from_within(at..),
        // Lengths that lie: where a binary format has numbers, at even offsets.
        _ => {
            for _ in 0..=chance.below(4) {
                let number = NUMBERS[chance.below(NUMBERS.len())].to_ne_bytes();
                let width = [1, 2, 4][chance.below(3)];
                let at = chance.below(bytes.len()) & !1;
                if let Some(field) = bytes.get_mut(at..at + width) {
                    field.copy_from_slice(&number[..width]);
                }
            }
        }
    }
    bytes
}

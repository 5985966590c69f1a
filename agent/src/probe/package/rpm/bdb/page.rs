//! The parts of a page of a Berkeley DB hash table. Pure.

use super::BdbError;

const HASH_MAGIC: u32 = 0x0006_1561;

/// Types of pages.
const META: u8 = 8;
const HASH_UNSORTED: u8 = 2;
const HASH: u8 = 13;
const OVERFLOW: u8 = 7;

/// Types of items.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;

/// Bytes before the content of a page.
const HEADER: usize = 26;

/// Byte order of the numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let four = bytes.get(at..).and_then(|rest| rest.first_chunk());
        four.map_or(0, |four| match self {
            Self::Little => u32::from_le_bytes(*four),
            Self::Big => u32::from_be_bytes(*four),
        })
    }

    fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let two = bytes.get(at..).and_then(|rest| rest.first_chunk());
        two.map_or(0, |two| match self {
            Self::Little => u16::from_le_bytes(*two),
            Self::Big => u16::from_be_bytes(*two),
        })
    }
}

/// What the first page says of the table.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) order: Order,
    /// Bytes.
    pub(super) page_size: u32,
    pub(super) last_page: u32,
    pub(super) last_bucket: u32,
    /// For each doubling of the table, how many pages that are no buckets lie before its buckets.
    spares: [u32; 32],
}

impl Meta {
    /// Bytes that it takes, the smallest page size.
    pub(super) const LENGTH: usize = 512;

    /// Reads the first bytes of a file of `length` bytes.
    pub(super) fn parse(bytes: &[u8; Self::LENGTH], length: u64) -> Result<Self, BdbError> {
        let order = [Order::Little, Order::Big]
            .into_iter()
            .find(|order| order.u32(bytes, 12) == HASH_MAGIC)
            .ok_or(BdbError::NotBdb("it begins otherwise"))?;
        let meta = Self {
            order,
            page_size: order.u32(bytes, 20),
            last_page: order.u32(bytes, 32),
            last_bucket: order.u32(bytes, 72),
            spares: std::array::from_fn(|at| order.u32(bytes, 96 + 4 * at)),
        };
        if !(8..=10).contains(&order.u32(bytes, 16)) || bytes[25] != META {
            return Err(BdbError::NotBdb("its version is none of 8 to 10"));
        }
        // Encryption, checksums: rpm never had them, and pages look otherwise with them.
        if bytes[24] != 0 || bytes[26] != 0 {
            return Err(BdbError::NotBdb("its pages are encrypted or checksummed"));
        }
        if !meta.page_size.is_power_of_two() || !(512..=65_536).contains(&meta.page_size) {
            return Err(BdbError::NotBdb("its page size is none"));
        }
        let pages = length / u64::from(meta.page_size);
        if u64::from(meta.last_page) >= pages || meta.last_bucket > meta.last_page {
            return Err(BdbError::NotBdb("it ends before its pages do"));
        }
        Ok(meta)
    }

    /// The first page of a bucket.
    pub(super) fn page_of(&self, bucket: u32) -> Result<u32, BdbError> {
        let doublings = (u32::BITS - bucket.leading_zeros()) as usize;
        let page = self
            .spares
            .get(doublings)
            .and_then(|spare| bucket.checked_add(*spare));
        page.ok_or(BdbError::NotBdb("a bucket has no page"))
    }
}

/// What a key or value is.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Here(&'a [u8]),
    /// A chain of overflow pages that begins with this one.
    Elsewhere {
        page: u32,
        length: u32,
    },
}

/// One page that is not the first.
#[derive(Debug)]
pub(super) struct Page {
    bytes: Vec<u8>,
    number: u32,
    order: Order,
}

impl Page {
    /// Takes the bytes for the page of this number, which they must name.
    pub(super) fn new(bytes: Vec<u8>, number: u32, order: Order) -> Result<Self, BdbError> {
        let page = Self {
            bytes,
            number,
            order,
        };
        if order.u32(&page.bytes, 8) != number {
            return Err(page.wrong("says that it is another"));
        }
        Ok(page)
    }

    pub(super) fn wrong(&self, what: &'static str) -> BdbError {
        BdbError::Page {
            page: self.number,
            what,
        }
    }

    /// The page that goes on with this one; 0 for none.
    pub(super) fn next(&self) -> u32 {
        self.order.u32(&self.bytes, 16)
    }

    /// How many keys and values there are, together.
    pub(super) fn items(&self) -> usize {
        usize::from(self.order.u16(&self.bytes, 20))
    }

    /// Key or value `index`. Each begins where an entry of the index says and ends where the one
    /// before it begins, the first at the page's end.
    pub(super) fn item(&self, index: usize) -> Result<Value<'_>, BdbError> {
        if !matches!(self.bytes[25], HASH | HASH_UNSORTED) {
            return Err(self.wrong("is none of a hash table"));
        }
        let place = |index: usize| usize::from(self.order.u16(&self.bytes, HEADER + 2 * index));
        let end = match index {
            0 => self.bytes.len(),
            _ => place(index - 1),
        };
        let least = HEADER + 2 * self.items();
        let item = (index < self.items() && place(index) >= least)
            .then(|| self.bytes.get(place(index)..end))
            .flatten();
        match item {
            Some([HERE, value @ ..]) => Ok(Value::Here(value)),
            Some(item @ [ELSEWHERE, ..]) if item.len() == 12 => Ok(Value::Elsewhere {
                page: self.order.u32(item, 4),
                length: self.order.u32(item, 8),
            }),
            _ => Err(self.wrong("an item of it is none that rpm makes")),
        }
    }

    /// The number that a key is.
    pub(super) fn key(&self, key: &[u8]) -> Result<u32, BdbError> {
        if key.len() == 4 {
            Ok(self.order.u32(key, 0))
        } else {
            Err(self.wrong("a key is no number"))
        }
    }

    /// The content of an overflow page, never empty.
    pub(super) fn overflow(&self) -> Result<&[u8], BdbError> {
        let length = usize::from(self.order.u16(&self.bytes, 22));
        let content = self.bytes[HEADER..].get(..length);
        match content {
            Some(content) if self.bytes[25] == OVERFLOW && length > 0 => Ok(content),
            _ => Err(self.wrong("is no overflow page")),
        }
    }
}

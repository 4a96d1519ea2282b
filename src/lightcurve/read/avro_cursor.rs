//! A cursor over the values of an Avro block that picks fields out of records and steps over the rest (stamps are
//! never copied). Corrupt data gives errors: every length is checked against the bytes that are there, and nothing
//! recurses or repeats without bound.

use super::avro_schema::{MAX_DEPTH, Shape, Shapes};

/// A value that isn't nested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar<'a> {
    None,
    /// All 64 bits, as names of objects need them.
    Integer(i64),
    Number(f64),
    Text(&'a [u8]),
}

impl Scalar<'_> {
    /// NaN if this is no number.
    pub fn number(self) -> f64 {
        match self {
            Scalar::Number(n) => n,
            Scalar::Integer(n) => n as f64,
            _ => f64::NAN,
        }
    }

    /// None if this is no whole number.
    pub fn integer(self) -> Option<i64> {
        match self {
            Scalar::Integer(n) => Some(n),
            _ => None,
        }
    }
}

/// Why a value can't be read.
pub(super) type Fault = String;

/// Reads values of a block in order.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    shapes: &'a Shapes,
    depth: usize,
    /// Values that may still be read: those without bytes (nulls) could otherwise be claimed without end.
    budget: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], shapes: &'a Shapes) -> Self {
        Cursor { bytes, shapes, depth: 0, budget: (1 << 16) | (bytes.len() as u64).saturating_mul(64) }
    }

    /// The shape of a record of the file.
    pub fn root(&self) -> usize {
        self.shapes.root()
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    fn take(&mut self, n: u64) -> Result<&'a [u8], Fault> {
        let split = usize::try_from(n).ok().and_then(|n| self.bytes.split_at_checked(n));
        let (taken, rest) = split.ok_or_else(|| format!("a value of {n} bytes where {} are left", self.bytes.len()))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn integer(&mut self) -> Result<i64, Fault> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let (&byte, rest) = self.bytes.split_first().ok_or("the data end within a value")?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
            shift += 7;
            if shift > 63 {
                return Err("an integer of more than 64 bits".to_string());
            }
        }
    }

    fn length(&mut self) -> Result<u64, Fault> {
        let n = self.integer()?;
        u64::try_from(n).map_err(|_| format!("a length of {n}"))
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        self.budget = self.budget.saturating_sub(1);
        if self.depth > MAX_DEPTH {
            return Err(format!("values nested more than {MAX_DEPTH} deep"));
        }
        if self.budget == 0 { Err("more values than bytes".to_string()) } else { Ok(()) }
    }

    /// The branch that a union takes; other shapes are themselves.
    fn resolve(&mut self, shape: usize) -> Result<usize, Fault> {
        match self.shapes.get(shape) {
            Shape::Union(branches) => {
                let branch = self.integer()?;
                let found = usize::try_from(branch).ok().and_then(|b| branches.get(b));
                found.copied().ok_or_else(|| format!("branch {branch} of a union of {}", branches.len()))
            }
            _ => Ok(shape),
        }
    }

    /// Calls `visit` with every field's name and shape; it must read the value or skip it. False if the value is null.
    pub fn record(&mut self, shape: usize, mut visit: impl FnMut(&mut Self, &'a str, usize) -> Result<(), Fault>) -> Result<bool, Fault> {
        let shape = self.resolve(shape)?;
        let shapes = self.shapes;
        match shapes.get(shape) {
            Shape::Null => Ok(false),
            Shape::Record { fields, .. } => {
                self.enter()?;
                for (name, field) in fields {
                    visit(self, name, *field)?;
                }
                self.depth -= 1;
                Ok(true)
            }
            _ => Err("something that is no record".to_string()),
        }
    }

    /// Calls `visit` for every item of an array (also of an array that is null: then never); it must read the item.
    pub fn array(&mut self, shape: usize, mut visit: impl FnMut(&mut Self, usize) -> Result<(), Fault>) -> Result<(), Fault> {
        let shape = self.resolve(shape)?;
        let item = match self.shapes.get(shape) {
            Shape::Null => return Ok(()),
            Shape::Array(item) => *item,
            _ => return Err("something that is no array".to_string()),
        };
        self.blocks(|cursor| visit(cursor, item))
    }

    /// The blocks of an array or map.
    fn blocks(&mut self, mut visit: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.enter()?;
        loop {
            let mut count = self.integer()?;
            if count == 0 {
                self.depth -= 1;
                return Ok(());
            }
            if count < 0 {
                // A negative count is followed by the block's size in bytes.
                self.length()?;
                count = count.checked_neg().ok_or("a count of items without end")?;
            }
            for _ in 0..count {
                self.budget = self.budget.saturating_sub(1);
                if self.budget == 0 {
                    return Err(format!("an array of {count} items"));
                }
                visit(self)?;
            }
        }
    }

    /// Reads a value that isn't nested; a nested one is skipped and gives none.
    pub fn scalar(&mut self, shape: usize) -> Result<Scalar<'a>, Fault> {
        let shape = self.resolve(shape)?;
        Ok(match self.shapes.get(shape) {
            Shape::Boolean => Scalar::Number(f64::from(u8::from(self.take(1)? != [0]))),
            Shape::Integer => Scalar::Integer(self.integer()?),
            Shape::Float => Scalar::Number(f64::from(f32::from_le_bytes(self.array_of()?))),
            Shape::Double => Scalar::Number(f64::from_le_bytes(self.array_of()?)),
            Shape::Bytes => {
                let n = self.length()?;
                Scalar::Text(self.take(n)?)
            }
            Shape::Enum(symbols) => {
                let i = self.integer()?;
                let symbol = usize::try_from(i).ok().and_then(|i| symbols.get(i));
                Scalar::Text(symbol.ok_or_else(|| format!("symbol {i} of an enumeration of {}", symbols.len()))?.as_bytes())
            }
            _ => {
                self.skip(shape)?;
                Scalar::None
            }
        })
    }

    fn array_of<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N as u64)?.try_into().map_err(|_| "the data end within a value".to_string())
    }

    /// Steps over a value.
    pub fn skip(&mut self, shape: usize) -> Result<(), Fault> {
        let shape = self.resolve(shape)?;
        let shapes = self.shapes;
        match shapes.get(shape) {
            Shape::Null => {}
            Shape::Boolean => drop(self.take(1)?),
            Shape::Integer | Shape::Enum(_) => drop(self.integer()?),
            Shape::Float => drop(self.take(4)?),
            Shape::Double => drop(self.take(8)?),
            Shape::Bytes => {
                let n = self.length()?;
                self.take(n)?;
            }
            Shape::Fixed(n) => drop(self.take(*n as u64)?),
            Shape::Array(item) => self.blocks(|cursor| cursor.skip(*item))?,
            Shape::Map(value) => self.blocks(|cursor| {
                let n = cursor.length()?;
                cursor.take(n)?;
                cursor.skip(*value)
            })?,
            Shape::Union(_) => return Err("a union within a union".to_string()),
            Shape::Record { fields, .. } => {
                self.enter()?;
                for (_, field) in fields {
                    self.skip(*field)?;
                }
                self.depth -= 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_may_be_nested_named_and_recursive() {
        let json = br#"{"type": "record", "name": "a", "namespace": "n", "fields": [
            {"name": "x", "type": ["null", "double"]},
            {"name": "list", "type": {"type": "array", "items": {"type": "record", "name": "b", "fields": [{"name": "k", "type": "int"}]}}},
            {"name": "again", "type": ["null", "b"]},
            {"name": "self", "type": ["null", "n.a"]},
            {"name": "when", "type": {"type": "long", "logicalType": "timestamp-micros"}}]}"#;
        let shapes = Shapes::parse(json).unwrap();
        assert_eq!(shapes.field(shapes.root(), "x").map(|x| matches!(shapes.get(x), Shape::Union(_))), Some(true));
        let list = shapes.field(shapes.root(), "list").unwrap();
        assert!(shapes.field(list, "k").is_some());
        assert_eq!(shapes.fields(shapes.field(shapes.root(), "again").unwrap()), shapes.fields(list));
        // x = 1.5, list = [7, -8], again = null, self = null, when = 300.
        let mut bytes = vec![2];
        bytes.extend(1.5f64.to_le_bytes());
        bytes.extend([4, 14, 15, 0, 0, 0, 0xd8, 4]);
        let mut cursor = Cursor::new(&bytes, &shapes);
        let mut seen = Vec::new();
        let read = cursor.record(shapes.root(), |cursor, name, shape| {
            match name {
                "list" => cursor.array(shape, |cursor, item| {
                    cursor.record(item, |cursor, _, shape| {
                        seen.push(cursor.scalar(shape)?.number());
                        Ok(())
                    })?;
                    Ok(())
                })?,
                _ => seen.push(cursor.scalar(shape)?.number()),
            }
            Ok(())
        });
        assert_eq!(read, Ok(true));
        assert_eq!(cursor.left(), 0);
        assert_eq!((seen[0], seen[1], seen[2], seen[5]), (1.5, 7.0, -8.0, 300.0));
        assert!(seen[3].is_nan() && seen[4].is_nan());
        let mut skipped = Cursor::new(&bytes, &shapes);
        skipped.skip(shapes.root()).unwrap();
        assert_eq!(skipped.left(), 0);
    }

    #[test]
    fn bombs_are_refused() {
        let endless = Shapes::parse(br#"{"type": "record", "name": "a", "fields": [{"name": "a", "type": "a"}]}"#).unwrap();
        assert!(Cursor::new(&[], &endless).skip(endless.root()).unwrap_err().contains("deep"));
        let nulls = Shapes::parse(br#"{"type": "array", "items": "null"}"#).unwrap();
        // 2^62 nulls in two words.
        let bytes = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0];
        assert!(Cursor::new(&bytes, &nulls).skip(nulls.root()).is_err());
        let text = Shapes::parse(br#""string""#).unwrap();
        assert!(Cursor::new(&[0xfe, 0xff, 0xff, 0xff, 0x0f], &text).skip(text.root()).is_err());
        assert!(Shapes::parse(br#""nothing""#).is_err());
        assert!(Shapes::parse(format!("{}\"int\"{}", "[".repeat(100), "]".repeat(100)).as_bytes()).is_err());
    }
}

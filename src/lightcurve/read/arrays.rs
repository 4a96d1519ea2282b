//! Arrow columns as plain numbers and texts, whatever width or encoding they are stored in.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, LargeStringArray, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use std::ops::Range;

/// Whether a column can be read as numbers; a column of nulls can.
pub(super) fn is_number(t: &DataType) -> bool {
    match t {
        DataType::Null | DataType::Boolean => true,
        DataType::Dictionary(_, value) => is_number(value),
        t => t.is_numeric(),
    }
}

/// Whether a column can be read as text; numbers can, nested and binary values can't.
pub(super) fn is_text(t: &DataType) -> bool {
    match t {
        DataType::Dictionary(_, value) => is_text(value),
        t => is_number(t) || t.is_temporal() || matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

/// The members' type of a column of lists.
pub(super) fn member_type(t: &DataType) -> Option<&DataType> {
    match t {
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) => Some(f.data_type()),
        _ => None,
    }
}

/// Numbers; NaN where null. Doubles without nulls are not copied.
pub(super) fn numbers(array: &ArrayRef) -> Result<ScalarBuffer<f64>, ArrowError> {
    let cast = match array.data_type() {
        DataType::Float64 => array.clone(),
        _ => cast(array, &DataType::Float64)?,
    };
    let doubles: &Float64Array = cast.as_primitive::<Float64Type>();
    Ok(match doubles.null_count() {
        0 => doubles.values().clone(),
        _ => doubles.iter().map(|v| v.unwrap_or(f64::NAN)).collect(),
    })
}

/// Texts.
pub(super) enum Texts {
    Small(StringArray),
    Large(LargeStringArray),
}

impl Texts {
    pub fn of(array: &ArrayRef) -> Result<Texts, ArrowError> {
        Ok(match array.data_type() {
            DataType::Utf8 => Texts::Small(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Texts::Large(array.as_string::<i64>().clone()),
            DataType::Null => Texts::Small(StringArray::new_null(array.len())),
            _ => Texts::Large(cast(array, &DataType::LargeUtf8)?.as_string::<i64>().clone()),
        })
    }

    /// None where null.
    pub fn get(&self, row: usize) -> Option<&str> {
        match self {
            Texts::Small(a) => (row < a.len() && a.is_valid(row)).then(|| a.value(row)),
            Texts::Large(a) => (row < a.len() && a.is_valid(row)).then(|| a.value(row)),
        }
    }
}

/// A column of lists: where each row's members are among all of them.
struct Lists {
    array: ArrayRef,
    members: ArrayRef,
}

impl Lists {
    fn of(array: &ArrayRef) -> Result<Lists, ArrowError> {
        let members = match array.data_type() {
            DataType::List(_) => array.as_list::<i32>().values().clone(),
            DataType::LargeList(_) => array.as_list::<i64>().values().clone(),
            DataType::FixedSizeList(_, _) => array.as_fixed_size_list().values().clone(),
            other => return Err(ArrowError::SchemaError(format!("{other} is no list"))),
        };
        Ok(Lists { array: array.clone(), members })
    }

    /// The members of a row; none where the list is null.
    fn range(&self, row: usize) -> Range<usize> {
        if row >= self.array.len() || self.array.is_null(row) {
            return 0..0;
        }
        match self.array.data_type() {
            DataType::List(_) => {
                let offsets = self.array.as_list::<i32>().value_offsets();
                offsets[row] as usize..offsets[row + 1] as usize
            }
            DataType::LargeList(_) => {
                let offsets = self.array.as_list::<i64>().value_offsets();
                offsets[row] as usize..offsets[row + 1] as usize
            }
            _ => {
                let list = self.array.as_fixed_size_list();
                let start = list.value_offset(row) as usize;
                start..start + list.value_length() as usize
            }
        }
    }
}

/// All members of a column of lists.
pub(super) fn list_members(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Lists::of(array).map(|l| l.members)
}

/// Where the members of a row are among all of them.
pub(super) fn list_range(array: &ArrayRef, row: usize) -> Range<usize> {
    Lists::of(array).map_or(0..0, |l| l.range(row))
}

/// A column of lists of numbers.
pub(super) struct NumberLists {
    lists: Lists,
    values: ScalarBuffer<f64>,
}

impl NumberLists {
    pub fn of(array: &ArrayRef) -> Result<NumberLists, ArrowError> {
        let lists = Lists::of(array)?;
        let values = numbers(&lists.members)?;
        Ok(NumberLists { lists, values })
    }

    /// The numbers of a row; NaN where null.
    pub fn row(&self, row: usize) -> &[f64] {
        self.values.get(self.lists.range(row)).unwrap_or(&[])
    }
}

/// A column of lists of texts.
pub(super) struct TextLists {
    lists: Lists,
    values: Texts,
}

impl TextLists {
    pub fn of(array: &ArrayRef) -> Result<TextLists, ArrowError> {
        let lists = Lists::of(array)?;
        let values = Texts::of(&lists.members)?;
        Ok(TextLists { lists, values })
    }

    /// Where the row's texts are.
    pub fn range(&self, row: usize) -> Range<usize> {
        self.lists.range(row)
    }

    /// The text at `i`, counted over the column, not the row.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.values.get(i)
    }
}

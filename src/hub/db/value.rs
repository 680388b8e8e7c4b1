//! What goes into the database and comes out of it.

use super::DbError;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number, a flag (0 or 1), or a time in milliseconds since 1970 UTC.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text without NULs.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),* $(,)?) => { $(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )* };
}

value_from! {
    i64 => Int, i32 => Int, u32 => Int, bool => Int, f64 => Real,
    &str => Text, String => Text, &String => Text, &[u8] => Bytes, Vec<u8> => Bytes, [u8; 16] => Bytes, [u8; 32] => Bytes,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Refuses what one of the two databases would not keep as it is, so that both refuse the same.
pub(super) fn check(params: &[Value]) -> Result<(), DbError> {
    for (number, value) in params.iter().enumerate() {
        match value {
            Value::Text(text) if text.contains('\0') => return Err(DbError::Nul(number + 1)),
            Value::Real(real) if !real.is_finite() => return Err(DbError::NotANumber(number + 1)),
            _ => {}
        }
    }
    Ok(())
}

/// How a command begins that takes back what was done since a savepoint, its failing included.
pub(super) const TAKE_BACK: &str = "ROLLBACK TO";

/// Somebody wants to commit, but a statement failed before and nobody took that back.
pub(super) fn failed_inside(why: &str) -> DbError {
    DbError::Statement(format!("a statement failed before, outside a savepoint, so nothing was saved ({why})"))
}

/// The longest announcement: PostgreSQL takes less than 8,000 bytes, and the sender's mark goes with it.
const LONGEST_ANNOUNCEMENT: usize = 7_900;

/// Refuses an announcement that PostgreSQL would not carry.
pub(super) fn check_announcement(text: &str) -> Result<(), DbError> {
    check(&[text.into()])?;
    if text.len() > LONGEST_ANNOUNCEMENT {
        return Err(DbError::Statement(format!(
            "an announcement has {} bytes; {LONGEST_ANNOUNCEMENT} is the most, so tell where to look instead",
            text.len()
        )));
    }
    Ok(())
}

/// One row of an answer. Columns are counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(super) Vec<Value>);

/// What a column was expected to be, if it is not that.
type Other<'a> = &'a Value;

impl Row {
    fn get<'a, T>(
        &'a self,
        column: usize,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, Other<'a>>,
    ) -> Result<T, DbError> {
        match self.0.get(column) {
            None => Err(DbError::Column { column, wanted, found: "not there" }),
            Some(value) => read(value).map_err(|other| DbError::Column { column, wanted, found: other.kind() }),
        }
    }

    /// The value as it came.
    ///
    /// # Errors
    /// If there is no such column. So it is with all the others, which also fail on another kind of value.
    pub fn value(&self, column: usize) -> Result<&Value, DbError> {
        self.get(column, "a value", Ok)
    }

    /// A whole number.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn int(&self, column: usize) -> Result<i64, DbError> {
        self.get(column, "a whole number", |value| if let Value::Int(int) = value { Ok(*int) } else { Err(value) })
    }

    /// A whole number, if there is one.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        if self.is_null(column) { Ok(None) } else { self.int(column).map(Some) }
    }

    /// A flag, which is stored as 0 or 1.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn flag(&self, column: usize) -> Result<bool, DbError> {
        self.int(column).map(|int| int != 0)
    }

    /// A number.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn real(&self, column: usize) -> Result<f64, DbError> {
        self.get(column, "a number", |value| if let Value::Real(real) = value { Ok(*real) } else { Err(value) })
    }

    /// Text.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn text(&self, column: usize) -> Result<&str, DbError> {
        self.get(column, "text", |value| if let Value::Text(text) = value { Ok(text.as_str()) } else { Err(value) })
    }

    /// Text, if there is any.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        if self.is_null(column) { Ok(None) } else { self.text(column).map(Some) }
    }

    /// Bytes.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn bytes(&self, column: usize) -> Result<&[u8], DbError> {
        self.get(
            column,
            "bytes",
            |value| if let Value::Bytes(bytes) = value { Ok(bytes.as_slice()) } else { Err(value) },
        )
    }

    /// Bytes, if there are any.
    ///
    /// # Errors
    /// As [`Row::value`].
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
        if self.is_null(column) { Ok(None) } else { self.bytes(column).map(Some) }
    }

    /// Exactly so many bytes: an id or a hash.
    ///
    /// # Errors
    /// As [`Row::value`], and for another number of bytes.
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], DbError> {
        let bytes = self.bytes(column)?;
        bytes.try_into().map_err(|_| DbError::Stored(format!("column {column} has {} bytes, not {N}", bytes.len())))
    }

    fn is_null(&self, column: usize) -> bool {
        self.0.get(column) == Some(&Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_kind_is_told_and_never_guessed() {
        let row = Row(vec![7.into(), "x".into(), Value::Null]);
        assert_eq!(row.int(0).unwrap(), 7);
        assert_eq!(row.text(0).unwrap_err().to_string(), "column 0 is a whole number, not text");
        assert_eq!(row.int(2).unwrap_err().to_string(), "column 2 is nothing, not a whole number");
        assert_eq!(row.int(3).unwrap_err().to_string(), "column 3 is not there, not a whole number");
        assert_eq!(row.opt_text(2).unwrap(), None);
        assert!(row.opt_text(3).is_err() && row.opt_text(0).is_err());
    }
}

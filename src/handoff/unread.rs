//! JSON that is handed on as it was written, and read only by who needs what is in it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A `T` in JSON, as somebody says who wrote it. Whether it is one shows when it is read.
pub struct Unread<T> {
    json: Box<str>,
    of: PhantomData<fn() -> T>,
}

impl<T> Unread<T> {
    /// Text that is a `T` in JSON.
    pub fn new(json: impl Into<Box<str>>) -> Self {
        Self { json: json.into(), of: PhantomData }
    }

    /// The text.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The text, and nothing else.
    pub fn into_json(self) -> String {
        self.json.into()
    }
}

impl<T: Serialize> Unread<T> {
    /// A value as JSON.
    ///
    /// # Errors
    /// A value that JSON cannot express.
    pub fn of(value: &T) -> serde_json::Result<Self> {
        serde_json::to_string(value).map(Self::new)
    }
}

impl<T: DeserializeOwned> Unread<T> {
    /// What it says.
    ///
    /// # Errors
    /// It is no `T`.
    pub fn read(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.json)
    }
}

impl<T> Clone for Unread<T> {
    fn clone(&self) -> Self {
        Self { json: self.json.clone(), of: PhantomData }
    }
}

impl<T> PartialEq for Unread<T> {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl<T> fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

impl<T> Serialize for Unread<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_str(&self.json).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Unread<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(Box::<RawValue>::deserialize(deserializer)?))
    }
}

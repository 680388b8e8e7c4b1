//! JSON that is handed on as it was written, and read only by who needs what is in it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A `T` in JSON. It is known to be JSON; whether it is a `T` shows when it is read.
pub struct Unread<T> {
    json: Box<RawValue>,
    of: PhantomData<fn() -> T>,
}

impl<T> Unread<T> {
    /// Text that is JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn new(json: String) -> serde_json::Result<Self> {
        Ok(Self { json: RawValue::from_string(json)?, of: PhantomData })
    }

    /// The text.
    pub fn json(&self) -> &str {
        self.json.get()
    }

    /// The text, and nothing else.
    pub fn into_json(self) -> String {
        String::from(Box::<str>::from(self.json))
    }
}

impl<T: Serialize> Unread<T> {
    /// A value as JSON.
    ///
    /// # Errors
    /// A value that JSON cannot express.
    pub fn of(value: &T) -> serde_json::Result<Self> {
        Ok(Self { json: serde_json::value::to_raw_value(value)?, of: PhantomData })
    }
}

impl<T: DeserializeOwned> Unread<T> {
    /// What it says.
    ///
    /// # Errors
    /// It is no `T`.
    pub fn read(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.json.get())
    }
}

impl<T> Clone for Unread<T> {
    fn clone(&self) -> Self {
        Self { json: self.json.clone(), of: PhantomData }
    }
}

impl<T> PartialEq for Unread<T> {
    fn eq(&self, other: &Self) -> bool {
        self.json.get() == other.json.get()
    }
}

impl<T> fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json.get())
    }
}

impl<T> Serialize for Unread<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Unread<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { json: Box::<RawValue>::deserialize(deserializer)?, of: PhantomData })
    }
}

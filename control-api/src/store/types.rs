//! How Rust values stand in columns, and how lists are paged; one implementation for both engines.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

/// Most rows of one page.
pub const PAGE_MAX: i64 = 1_000;

/// Rows of a page when nobody says.
pub const PAGE_DEFAULT: i64 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The `next` of the page before; `None` begins.
    pub after: Option<String>,
    /// Rows at most; held between 1 and [`PAGE_MAX`].
    pub limit: i64,
}

impl Default for Page {
    fn default() -> Page {
        Page {
            after: None,
            limit: PAGE_DEFAULT,
        }
    }
}

impl Page {
    /// Everything that fits one page.
    pub fn first(limit: i64) -> Page {
        Page { after: None, limit }
    }

    pub(super) fn rows(&self) -> i64 {
        self.limit.clamp(1, PAGE_MAX)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Cursor of the next page; `None` when this is the last.
    pub next: Option<String>,
}

impl<T> Paged<T> {
    /// Takes one row more than the page holds, asked for to learn whether there is a next page.
    pub(super) fn cut(mut rows: Vec<T>, page: &Page, cursor: impl Fn(&T) -> String) -> Paged<T> {
        let limit = usize::try_from(page.rows()).unwrap_or(1);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Paged { items: rows, next }
    }
}

/// A value kept as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText<T>(pub T);

impl<T, DB: Database> Type<DB> for JsonText<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as Type<DB>>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as Type<DB>>::compatible(ty)
    }
}

impl<'q, T: Serialize, DB: Database> Encode<'q, DB> for JsonText<T>
where
    String: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buf: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        serde_json::to_string(&self.0)?.encode(buf)
    }
}

impl<'r, T: DeserializeOwned, DB: Database> Decode<'r, DB> for JsonText<T>
where
    String: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(JsonText(serde_json::from_str(&String::decode(value)?)?))
    }
}

macro_rules! json_columns {
    ($($plain:ty),* $(,)?) => {
        $(impl From<JsonText<$plain>> for $plain {
            fn from(json: JsonText<$plain>) -> $plain {
                json.0
            }
        })*
    };
}

json_columns!(
    Vec<String>,
    Vec<u16>,
    serde_json::Value,
    super::campaigns::Settings,
    Vec<super::sessions::SessionTarget>,
);

/// An enum of ours whose words stand in a text column, in JSON and in the API alike.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word, as it stands in the database and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB: sqlx::Database> sqlx::Type<DB> for $name where String: sqlx::Type<DB> {
            fn type_info() -> DB::TypeInfo {
                <String as sqlx::Type<DB>>::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as sqlx::Type<DB>>::compatible(ty)
            }
        }

        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name where String: sqlx::Encode<'q, DB> {
            fn encode_by_ref(
                &self,
                buf: &mut <DB as sqlx::Database>::ArgumentBuffer,
            ) -> std::result::Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.as_str().to_owned().encode(buf)
            }
        }

        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where String: sqlx::Decode<'r, DB> {
            fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> std::result::Result<Self, sqlx::error::BoxDynError> {
                let word = String::decode(value)?;
                $name::parse(&word).ok_or_else(|| format!("{word:?} is no {}", stringify!($name)).into())
            }
        }
    };
}
pub(crate) use words;

/// The word that serde gives an enum of the gateway: `no-answer`, `node_lost`.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// Reads a word that [`word`] wrote.
pub fn from_word<'de, T: Deserialize<'de>>(word: &'de str) -> Result<T, sqlx::Error> {
    let reader = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word);
    T::deserialize(reader).map_err(|e| sqlx::Error::Decode(e.into()))
}
